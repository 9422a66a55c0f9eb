//! Times how long scripts take to load: `loads [-n TIMES] SCRIPT…`.
//!
//! Of each script the first load is told, which is what a command that asks
//! once waits for, and the shortest and the median.

use std::time::Instant;

use whichproxy_pac::Pac;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1).peekable();
    let mut times = 25_usize;
    if arguments.next_if_eq("-n").is_some() {
        times = arguments.next().ok_or("no number")?.parse()?;
    }
    for script in arguments {
        let bytes = std::fs::read(&script)?;
        let mut loads = Vec::new();
        let mut strategy = "";
        for _ in 0..times.max(1) {
            let start = Instant::now();
            let pac = Pac::builder().build_bytes(&bytes, None)?;
            loads.push(start.elapsed());
            strategy = pac.strategy();
        }
        let first = loads[0];
        loads.sort();
        let (least, median) = (loads[0], loads[loads.len() / 2]);
        println!(
            "{script} {strategy} first {first:?}, least {least:?}, \
             median {median:?}"
        );
    }
    Ok(())
}
