//! Reading a registry: exports and blobs.

use std::fmt::Write;
use std::hint::black_box;

use criterion::{Criterion, Throughput};
use whichproxy::registry::RegFile;
use whichproxy::settings::{ConnectionSettings, WinhttpConnection};

use crate::generate::Numbers;

/// An export of about `bytes` bytes, as regedit writes it: UTF-16 with a
/// byte order mark.
fn export(bytes: usize) -> Vec<u8> {
    let mut numbers = Numbers::new(11);
    let mut text = "Windows Registry Editor Version 5.00\r\n".to_owned();
    let mut key = 0;
    while text.len() * 2 < bytes {
        let name = numbers.domain(key);
        let _ = write!(
            text,
            "\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Classes\\{name}\\{key}]\r\n\
             @=\"{name}\"\r\n\
             \"Path\"=\"C:\\\\Program Files\\\\{name}\\\\{key}.dll\"\r\n\
             \"Flags\"=dword:{key:08x}\r\n\
             \"Data\"=hex:46,00,00,00,2a,00,00,00,0b,00,00,00,15,00,00,00,\
             70,72,6f,78,79,\\\r\n  2e,63,6f,72,70,2e,65,78,61,6d,70,6c,65\
             \r\n"
        );
        key += 1;
    }
    let units = text.encode_utf16().flat_map(u16::to_le_bytes);
    [0xff, 0xfe].into_iter().chain(units).collect()
}

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("registry");
    for (name, bytes) in [("64-KiB", 1 << 16), ("50-MiB", 50 << 20)] {
        let export = export(bytes);
        group.throughput(Throughput::Bytes(export.len() as u64));
        group.sample_size(10);
        group.bench_function(format!("reg/{name}"), |bencher| {
            bencher.iter(|| {
                RegFile::parse(black_box(&export), "bench.reg")
                    .expect("an export")
            });
        });
    }
    let winhttp = WinhttpConnection::new("10.0.0.6:8080", "*.example;<local>")
        .to_bytes();
    group.throughput(Throughput::Bytes(winhttp.len() as u64));
    group.bench_function("blob/WinHttpSettings", |bencher| {
        bencher.iter(|| {
            WinhttpConnection::parse(black_box(&winhttp)).expect("a blob")
        });
    });
    let wininet = ConnectionSettings::new()
        .with_auto_detect()
        .with_auto_config_url("http://a.example/p.pac")
        .with_proxy("10.0.0.6:8080", "*.example;<local>")
        .to_bytes();
    group.throughput(Throughput::Bytes(wininet.len() as u64));
    group.bench_function("blob/DefaultConnectionSettings", |bencher| {
        bencher.iter(|| {
            ConnectionSettings::parse(black_box(&wininet)).expect("a blob")
        });
    });
    group.finish();
}
