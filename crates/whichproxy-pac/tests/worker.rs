//! Both ends of the workers' protocol, without processes: an honest worker is
//! a thread, and a liar says what it is told to say.
#![allow(clippy::unwrap_used)] // a test may fail

use std::io::{self, Cursor, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use whichproxy_pac::worker::{
    Ending, Launch, Needs, Process, Workers, fail, fuzz_ready, serve,
};
use whichproxy_pac::{
    Config, Error, ErrorKind, Isolation, Limits, Offline, Pac, Query,
};

/// Workers that are threads; they can't be killed.
#[derive(Debug, Default)]
struct Threads {
    started: Arc<AtomicUsize>,
}

/// A process that is none: what is read from it, what takes what it is told,
/// and how it ends.
struct Ends {
    from: Box<dyn Read + Send>,
    to: Box<dyn Write + Send>,
    ending: Ending,
}

impl Launch for Threads {
    fn launch(&self, needs: &Needs) -> io::Result<Box<dyn Process>> {
        self.started.fetch_add(1, Ordering::SeqCst);
        let (from, output) = io::pipe()?;
        let (input, to) = io::pipe()?;
        thread::Builder::new()
            .stack_size(needs.stack_bytes)
            .spawn(move || drop(serve(io::BufReader::new(input), output)))?;
        Ok(Box::new(Ends {
            from: Box::new(from),
            to: Box::new(to),
            ending: Ending::Other("a thread".to_owned()),
        }))
    }
}

impl Read for Ends {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.from.read(into)
    }
}

impl Write for Ends {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.to.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

impl Process for Ends {
    fn kill_at(&mut self, _: Option<Instant>) {}

    fn is_alive(&mut self) -> bool {
        true
    }

    fn resident_bytes(&mut self) -> Option<u64> {
        None
    }

    fn end(&mut self) -> Ending {
        self.ending.clone()
    }
}

/// A worker that says these bytes, and how it ended.
#[derive(Clone, Debug)]
struct Liar(Vec<u8>, Ending);

impl Launch for Liar {
    fn launch(&self, _: &Needs) -> io::Result<Box<dyn Process>> {
        let Liar(said, ending) = self.clone();
        Ok(Box::new(Ends {
            from: Box::new(Cursor::new(said)),
            to: Box::new(io::sink()),
            ending,
        }))
    }
}

fn build(source: &str, workers: &Workers) -> Result<Pac, Error> {
    Pac::builder()
        .config(Config::new().only_js())
        .isolation(Isolation::Worker(workers.clone()))
        .build(source)
}

fn script(body: &str) -> String {
    format!("function FindProxyForURL(url, host) {{ {body} }}")
}

fn ask(pac: &Pac, host: &str) -> Result<String, Error> {
    let query = Query::raw("http://a/", host.to_owned());
    pac.evaluate(query, &Offline).map(|found| found.result().to_owned())
}

#[test]
fn scripts_share_a_bounded_pool() {
    let threads = Threads::default();
    let started = Arc::clone(&threads.started);
    let workers = Workers::new(threads).with_count(2);
    workers.warm().unwrap();
    assert_eq!(started.load(Ordering::SeqCst), 1);
    let pacs: Vec<Pac> = (0..50)
        .map(|n| build(&script(&format!("return host + {n};")), &workers))
        .map(Result::unwrap)
        .collect();
    thread::scope(|scope| {
        for asker in 0..6 {
            let pacs = &pacs;
            scope.spawn(move || {
                let host = format!("h{asker}x");
                for (n, pac) in pacs.iter().enumerate() {
                    assert_eq!(ask(pac, &host).unwrap(), format!("{host}{n}"));
                }
            });
        }
    });
    assert!(started.load(Ordering::SeqCst) <= 2);
}

#[test]
fn a_script_keeps_its_state_as_on_a_thread() {
    let workers = Workers::new(Threads::default()).with_count(1);
    let source = "var n = 0;".to_owned() + &script("return '' + n++;");
    let pac = build(&source, &workers).unwrap();
    let other = build(&script("return 'x';"), &workers).unwrap();
    assert_eq!(ask(&pac, "a").unwrap(), "0");
    assert_eq!(ask(&other, "a").unwrap(), "x");
    assert_eq!(ask(&pac, "a").unwrap(), "1");
    // The same text is another script, with a state of its own.
    let again = build(&source, &workers).unwrap();
    assert_eq!(ask(&again, "a").unwrap(), "0");
    // Where loading asks, each question loads anew.
    let asking = "var n = 0; isResolvable('a');".to_owned()
        + &script("return '' + n++;");
    let asking = build(&asking, &workers).unwrap();
    assert_eq!(ask(&asking, "a").unwrap(), "0");
    assert_eq!(ask(&asking, "a").unwrap(), "0");
}

/// A frame.
fn frame(payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_le_bytes();
    [&length[..], payload].concat()
}

#[test]
fn liars_and_what_is_no_worker() {
    let text = |kind: u8, text: &str| {
        let length = u32::try_from(text.len()).unwrap().to_le_bytes();
        frame(&[&[kind][..], &length, text.as_bytes()].concat())
    };
    let mut failed = Vec::new();
    fail(&mut failed, "seccomp:\nnone").unwrap();
    let ready = fuzz_ready();
    let after = |bytes: &[u8]| [&ready[..], bytes].concat();
    let no_worker = "no worker process to run the script: ";
    let it_sent = "the worker process was ended: it sent ";
    for (said, message) in [
        (Vec::new(), format!("{no_worker}of itself")),
        (b"Hello, world\n".to_vec(), format!("{no_worker}of itself")),
        (
            text(0, "whichproxy-pac 0.0.0 0"),
            format!("{no_worker}it is of another version than this process"),
        ),
        (
            text(3, "alert"),
            format!("{no_worker}it does not say that it is one"),
        ),
        (failed, format!("{no_worker}seccomp:\\nnone")),
        (ready.clone(), "the worker process ended: of itself".to_owned()),
        (after(&[1, 2]), "the worker process ended: of itself".to_owned()),
        (
            after(&u32::MAX.to_le_bytes()),
            format!("{it_sent}a frame that is too long"),
        ),
        (
            after(&frame(&[])),
            format!("{it_sent}a message that ends too early"),
        ),
        (after(&frame(&[99])), format!("{it_sent}a reply of no kind")),
        (after(&ready), format!("{it_sent}an answer to nothing")),
        (after(&frame(&[2, 9])), format!("{it_sent}a question of no kind")),
    ] {
        let ending = Ending::Other("of itself".to_owned());
        let workers = Workers::new(Liar(said.clone(), ending));
        let error = build(&script("return '';"), &workers).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Worker, "{said:?}");
        assert_eq!(error.to_string(), message, "{said:?}");
        assert_eq!(error.winhttp_code(), Some(12177));
    }
}

#[test]
fn how_a_worker_ended() {
    for (ending, kind, message) in [
        (
            Ending::Memory,
            ErrorKind::Limit,
            "the script needs more than 100 MiB of memory",
        ),
        (
            Ending::Stack,
            ErrorKind::Limit,
            "the script overflows the native stack",
        ),
        (
            Ending::Processor,
            ErrorKind::Limit,
            "the script uses more time of a processor than it may",
        ),
        (
            Ending::Other("signal 9".to_owned()),
            ErrorKind::Worker,
            "the worker process ended: signal 9",
        ),
    ] {
        let workers = Workers::new(Liar(fuzz_ready(), ending))
            .with_memory_bytes(100 << 20);
        let error = build(&script("return '';"), &workers).unwrap_err();
        assert_eq!((error.kind(), &*error.to_string()), (kind, message));
    }
}

#[test]
fn floods_of_questions_and_alerts_are_bounded() {
    // Read; then questions and alerts without end, and a result.
    let done = |text: &str| {
        let mut payload = vec![4];
        payload.extend([0; 8]);
        payload.push(0);
        payload.extend([0; 8]);
        payload.push(0);
        payload.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
        payload.extend(text.as_bytes());
        frame(&payload)
    };
    let mut said = [fuzz_ready(), done("")].concat();
    for n in 0..5_000_u32 {
        let mut question = vec![2, 1, 4];
        let name = format!("n{n}");
        question.extend(u32::try_from(name.len()).unwrap().to_le_bytes());
        question.extend(name.as_bytes());
        said.extend(frame(&question));
        let mut alert = vec![3];
        alert.extend(100_u32.to_le_bytes());
        alert.extend([b'x'; 100]);
        said.extend(frame(&alert));
    }
    said.extend(done("PROXY a:1"));
    let ending = Ending::Other(String::new());
    let workers = Workers::new(Liar(said, ending));
    let pac = build(&script("return '';"), &workers).unwrap();
    let query = Query::raw("http://a/", "a");
    let found = pac.evaluate(query, &Offline).unwrap();
    assert_eq!(found.asked().len(), Limits::LOOKUPS);
    let bytes: usize = found.alerts().iter().map(String::len).sum();
    assert!(bytes <= Limits::ALERT_BYTES + 100, "{bytes}");
    // A result that is longer than it may be is no frame.
    let long = "x".repeat(Limits::RESULT_BYTES + 5_000);
    let said = [fuzz_ready(), done(""), done(&long)].concat();
    let ending = Ending::Other(String::new());
    let workers = Workers::new(Liar(said, ending));
    let pac = build(&script("return '';"), &workers).unwrap();
    assert_eq!(ask(&pac, "a").unwrap_err().kind(), ErrorKind::Worker);
}

#[test]
fn nothing_waits_longer_than_the_deadline() {
    // One worker, which a question holds that waits for its embedder.
    #[derive(Debug)]
    struct Slow(std::sync::Mutex<std::sync::mpsc::Receiver<()>>);

    impl whichproxy_pac::Embedder for Slow {
        fn resolve(
            &self,
            _: &str,
            _: whichproxy_pac::Family,
        ) -> Vec<std::net::IpAddr> {
            let _ = self.0.lock().unwrap().recv();
            Vec::new()
        }

        fn own_addresses(
            &self,
            _: whichproxy_pac::Family,
        ) -> Vec<std::net::IpAddr> {
            Vec::new()
        }

        fn now(&self) -> whichproxy_pac::LocalTime {
            whichproxy_pac::LocalTime::default()
        }

        fn alert(&self, _: &str) {}
    }

    let workers = Workers::new(Threads::default()).with_count(1);
    let source = script("return host == 'a' ? dnsResolve(host) + '' : 'b';");
    let slow = build(&source, &workers).unwrap();
    let quick = Pac::builder()
        .config(Config::new().only_js())
        .limits(Limits::new().with_deadline(Duration::from_millis(100)))
        .isolation(Isolation::Worker(workers.clone()))
        .build(&source)
        .unwrap();
    let (go, wait) = std::sync::mpsc::channel();
    let embedder = Slow(std::sync::Mutex::new(wait));
    thread::scope(|scope| {
        let first = scope.spawn(|| {
            let query = Query::raw("http://a/", "a");
            let embedder = embedder;
            slow.evaluate(query, &embedder).unwrap().result().to_owned()
        });
        // Until it has the worker, this one may be first.
        let error = loop {
            match ask(&quick, "b") {
                Ok(text) => assert_eq!(text, "b"),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::Deadline);
        go.send(()).unwrap();
        assert_eq!(first.join().unwrap(), "null");
    });
    assert_eq!(ask(&slow, "b").unwrap(), "b");
}
