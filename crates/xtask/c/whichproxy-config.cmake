# whichproxy::whichproxy is the shared library, whichproxy::static the other.
get_filename_component(_whichproxy_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

if(NOT TARGET whichproxy::whichproxy)
  add_library(whichproxy::whichproxy SHARED IMPORTED)
  set_target_properties(whichproxy::whichproxy PROPERTIES
    IMPORTED_LOCATION "${_whichproxy_prefix}/@SHARED@"
    @LINKED@
    INTERFACE_INCLUDE_DIRECTORIES "${_whichproxy_prefix}/include")

  add_library(whichproxy::static STATIC IMPORTED)
  set_target_properties(whichproxy::static PROPERTIES
    IMPORTED_LOCATION "${_whichproxy_prefix}/lib/libwhichproxy.a"
    INTERFACE_INCLUDE_DIRECTORIES "${_whichproxy_prefix}/include"
    INTERFACE_LINK_LIBRARIES "@STATIC@")
endif()

unset(_whichproxy_prefix)
