//! The hosts of Windows Update and Microsoft Update.

/// Names whose sub-domains, and they themselves, serve updates.
///
/// Source: WU-ENDPOINTS, documented: Microsoft's list of the addresses that
/// Windows Update needs. That Defender's traffic "to Windows Update or
/// Microsoft Update" is told by these names is inferred.
const DOMAINS: [&str; 6] = [
    "delivery.mp.microsoft.com",
    "update.microsoft.com",
    "windowsupdate.com",
    "windowsupdate.microsoft.com",
    "download.microsoft.com",
    "wustat.windows.com",
];

/// Whether `host` serves Windows Update or Microsoft Update.
pub(crate) fn is_update_host(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host).as_bytes();
    DOMAINS.iter().any(|domain| {
        let domain = domain.as_bytes();
        let Some(start) = host.len().checked_sub(domain.len()) else {
            return false;
        };
        let (before, end) = host.split_at(start);
        end.eq_ignore_ascii_case(domain)
            && (before.is_empty() || before.ends_with(b"."))
    })
}

#[cfg(test)]
mod tests {
    use super::is_update_host;

    #[test]
    fn hosts() {
        assert!(is_update_host("windowsupdate.com"));
        assert!(is_update_host("FE2.Update.Microsoft.com."));
        assert!(!is_update_host("notwindowsupdate.com"));
        assert!(!is_update_host("com"));
        assert!(!is_update_host("wdcp.microsoft.com"));
    }
}
