//! The versions of the symbols: programs ask for a function by both.
//!
//! `libproxy.map` declares them, and build.rs hands that to the linker.

std::arch::global_asm!(
    ".symver px_proxy_factory_new, \
     px_proxy_factory_new@@LIBPROXY_0.4.16",
    ".symver px_proxy_factory_get_proxies, \
     px_proxy_factory_get_proxies@@LIBPROXY_0.4.16",
    ".symver px_proxy_factory_free_proxies, \
     px_proxy_factory_free_proxies@@LIBPROXY_0.4.16",
    ".symver px_proxy_factory_free, \
     px_proxy_factory_free@@LIBPROXY_0.4.16",
    ".symver px_proxy_factory_copy, \
     px_proxy_factory_copy@@LIBPROXY_0.5.5",
    ".symver px_proxy_factory_get_type, \
     px_proxy_factory_get_type@@LIBPROXY_0.5.5",
);
