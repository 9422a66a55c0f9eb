//! The environment variables of this process, as data.

/// The environment variables of this process, in no particular order;
/// those whose name is not Unicode are left out, and a value that is not
/// has the replacement character where it is not.
///
/// ```
/// for (name, _) in whichproxy_os::environment() {
///     assert!(!name.is_empty());
/// }
/// ```
pub fn environment() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            Some((name, value.to_string_lossy().into_owned()))
        })
        .filter(|(name, _)| !name.is_empty())
        .collect()
}
