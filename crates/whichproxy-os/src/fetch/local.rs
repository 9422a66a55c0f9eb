//! Pages that need no network: `file:` and `data:`.

use std::fs::{self, File};
use std::io::Read;

use data_url::DataUrl;
use url::Url;
use whichproxy::machine::{Fault, Page};

use super::fault;

/// The page at an address of this machine; `None` for any other.
pub(super) fn page(url: &Url, limit: usize) -> Option<Result<Page, Fault>> {
    match url.scheme() {
        "file" => Some(file(url, limit)),
        "data" => Some(data(url, limit)),
        _ => None,
    }
}

fn file(url: &Url, limit: usize) -> Result<Page, Fault> {
    let elsewhere = || Fault::new("the address names no file of this host");
    // Windows would take it for a share, and log in there.
    if url.host_str().is_some_and(|host| !host.is_empty()) {
        return Err(elsewhere());
    }
    let path = url.to_file_path().map_err(|()| elsewhere())?;
    // A pipe or a device might never end, and is not opened at all.
    if !fs::metadata(&path)?.is_file() {
        return Err(Fault::new("this is no plain file"));
    }
    let mut body = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    File::open(path)?.take(most.saturating_add(1)).read_to_end(&mut body)?;
    if body.len() > limit {
        return Err(fault::too_long(limit));
    }
    Ok(Page { body, ..Page::default() })
}

fn data(url: &Url, limit: usize) -> Result<Page, Fault> {
    let url = DataUrl::process(url.as_str())
        .map_err(|_| Fault::new("the address holds no data after a comma"))?;
    let (body, _) = url
        .decode_to_vec()
        .map_err(|_| Fault::new("the address's base64 is broken"))?;
    if body.len() > limit {
        return Err(fault::too_long(limit));
    }
    let content_type = Some(url.mime_type().to_string());
    Ok(Page { body, content_type, ..Page::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(url: &str, limit: usize) -> Result<Page, String> {
        let url = Url::parse(url).unwrap();
        page(&url, limit).unwrap().map_err(|fault| fault.to_string())
    }

    #[test]
    fn data_addresses() {
        let page = get("data:text/javascript;charset=utf-8,a%20b", 3).unwrap();
        assert_eq!(page.body, b"a b");
        let content_type = page.content_type.unwrap();
        assert_eq!(content_type, "text/javascript;charset=utf-8");
        assert_eq!(get("data:;base64,aGVsbG8=", 5).unwrap().body, b"hello");
        for (url, why) in [
            ("data:x", "no data"),
            ("data:;base64,a", "base64 is broken"),
            ("data:,abcd", "longer than the limit of 3 bytes"),
        ] {
            let fault = get(url, 3).unwrap_err();
            assert!(fault.contains(why), "{url} {fault}");
        }
    }

    #[test]
    fn files() {
        // With its drive, where there is one.
        let here = std::path::absolute(env!("CARGO_MANIFEST_DIR")).unwrap();
        let here = Url::from_file_path(here.join("Cargo.toml")).unwrap();
        let here = here.to_string();
        let page = get(&here, 1 << 20).unwrap();
        assert!(page.body.starts_with(b"[package]"));
        assert!(get(&here, 9).unwrap_err().contains("limit of 9 bytes"));
        let folder = here.replace("Cargo.toml", "src");
        assert_eq!(get(&folder, 9).unwrap_err(), "this is no plain file");
        assert!(get("file:///no/such/file", 9).is_err());
        let far = "file://server/share/p.pac";
        assert!(get(far, 9).unwrap_err().contains("no file of this host"));
    }
}
