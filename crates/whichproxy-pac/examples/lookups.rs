//! Times lookups: `lookups SCRIPT HOSTS`, where HOSTS has a host a line.

use std::time::Instant;

use whichproxy_pac::{Config, Offline, Pac, Query};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let script = arguments.next().ok_or("no script")?;
    let hosts = arguments.next().ok_or("no hosts")?;
    let source = std::fs::read_to_string(&script)?;
    let hosts = std::fs::read_to_string(hosts)?;
    let pairs: Vec<(String, &str)> = hosts
        .lines()
        .map(|host| (format!("http://{host}/path/x?q=1"), host))
        .collect();
    for config in [Config::new(), Config::new().no_table()] {
        let mut loads = Vec::new();
        for _ in 0..15 {
            let start = Instant::now();
            let pac = Pac::builder().config(config.clone()).build(&source)?;
            loads.push(start.elapsed());
            drop(pac);
        }
        loads.sort();
        let pac = Pac::builder().config(config).build(&source)?;
        let mut passes = Vec::new();
        for _ in 0..200 {
            let start = Instant::now();
            for (url, host) in &pairs {
                let query = Query::raw(url.as_str(), *host);
                std::hint::black_box(pac.find_proxy(query, &Offline)?);
            }
            passes.push(start.elapsed() / pairs.len() as u32);
            if passes.iter().sum::<std::time::Duration>().as_millis() > 20 {
                break;
            }
        }
        passes.sort();
        println!(
            "{script} {} load {:?}, lookup {:?}",
            pac.strategy(),
            loads[loads.len() / 2],
            passes[passes.len() / 2]
        );
    }
    Ok(())
}
