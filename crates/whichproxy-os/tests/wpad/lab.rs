//! A network of namespaces, made for one test and gone with it.

use std::env;
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use whichproxy::machine::Interfaces;
use whichproxy_os::SystemInterfaces;

/// Set where a test runs again, within its lab.
const WITHIN: &str = "WHICHPROXY_TEST_WITHIN";

/// The network of the test that runs: its own namespace is the client.
pub(crate) struct Lab {
    servers: Vec<(String, Child)>,
}

/// The lab, where the test runs within one. Else the test is run again in a
/// lab, and passes or fails as that does; `None`.
pub(crate) fn in_a_lab(test: &str) -> Option<Lab> {
    if env::var_os(WITHIN).is_some() {
        return Some(Lab { servers: Vec::new() });
    }
    if let Some(missing) = missing() {
        let message = format!("passed over: it takes {missing}");
        println!("{test} {message}");
        let all = env::var("WHICHPROXY_REQUIRE").is_ok_and(|it| it == "all");
        assert!(!all, "{message}");
        return None;
    }
    // Processes end with the first of their namespace. `/run` is the lab's:
    // it has the names of the namespaces, and leases. `/sys` is the
    // namespace's.
    let script = "set -e\n\
        mount -t tmpfs tmpfs /run\n\
        mkdir -p /run/netns /run/systemd/netif/leases\n\
        mount -t sysfs sysfs /sys\n\
        echo nameserver 10.1.0.1 > /run/resolv.conf\n\
        mount --bind /run/resolv.conf /etc/resolv.conf\n\
        echo pc7 > /proc/sys/kernel/hostname\n\
        ip link set lo up\n\
        \"$@\"";
    let output = unshare()
        .args(["sh", "-c", script, "sh"])
        .arg(env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(WITHIN, "1")
        // The tests' own environment must not decide where they go.
        .env_remove("http_proxy")
        .env_remove("https_proxy")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}\n{errors}");
    None
}

/// A program of the system, which may be outside of a person's path.
fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    let path = env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{path}:/usr/sbin:/sbin"));
    command
}

fn unshare() -> Command {
    let mut command = program("unshare");
    command.args(["--net", "--mount", "--uts", "--pid", "--fork"]);
    command.args(["--kill-child", "--mount-proc"]);
    command
}

/// What there is not, of what a lab takes.
fn missing() -> Option<&'static str> {
    let works = |command: &mut Command| {
        command.output().is_ok_and(|output| output.status.success())
    };
    let probe = "mount -t tmpfs tmpfs /run && ip link set lo up";
    if !works(unshare().args(["sh", "-c", probe])) {
        return Some("root, unshare and ip");
    }
    if !works(program("dnsmasq").arg("--version")) {
        return Some("dnsmasq");
    }
    if !works(program("nginx").arg("-v")) {
        return Some("nginx");
    }
    None
}

/// Waits for something, which is not long in coming.
fn wait_for(what: &str, mut there: impl FnMut() -> bool) {
    let start = Instant::now();
    while !there() {
        assert!(start.elapsed() < Duration::from_secs(20), "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}

impl Lab {
    /// Runs commands of the shell.
    pub(crate) fn run(&self, commands: &str) {
        let script = format!("set -e\n{commands}");
        let output = Command::new("sh").args(["-c", &script]).output();
        let output = output.unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{commands}\n{errors}");
    }

    /// A link between the interface `ethN` of the client, 10.N.0.7, and the
    /// namespace `server`, 10.N.0.1. `prefixes` of IPv6 get the same ends.
    pub(crate) fn link(&mut self, server: &str, n: u8, prefixes: &[&str]) {
        self.run(&format!(
            "ip netns add {server}
            ip -n {server} link set lo up
            ip link add eth{n} type veth peer name eth0 netns {server}
            ip addr add 10.{n}.0.7/24 dev eth{n}
            ip -n {server} addr add 10.{n}.0.1/24 dev eth0
            ip link set eth{n} up
            ip -n {server} link set eth0 up
            ip route add default via 10.{n}.0.1 metric {n}"
        ));
        for prefix in prefixes {
            self.run(&format!(
                "ip addr add {prefix}7/64 dev eth{n} nodad
                ip -n {server} addr add {prefix}1/64 dev eth0 nodad"
            ));
        }
    }

    /// Takes some links down and others up, and waits until they are.
    pub(crate) fn change(&self, down: &[u8], up: &[u8]) {
        for (links, state) in [(down, "down"), (up, "up")] {
            for n in links {
                self.run(&format!("ip link set eth{n} {state}"));
            }
        }
        let up: Vec<String> = up.iter().map(|n| format!("eth{n}")).collect();
        wait_for("the links", || {
            let found = SystemInterfaces.interfaces().unwrap();
            let names: Vec<String> =
                found.into_iter().map(|found| found.name).collect();
            names == up
        });
    }

    /// The machine's name.
    pub(crate) fn name(&self, name: &str) {
        fs::write("/proc/sys/kernel/hostname", name).unwrap();
    }

    pub(crate) fn resolv_conf(&self, text: &str) {
        fs::write("/run/resolv.conf", text).unwrap();
    }

    /// A lease of systemd-networkd for 10.N.0.7, with these lines.
    pub(crate) fn lease(&self, n: u8, lines: &str) {
        let index = format!("/sys/class/net/eth{n}/ifindex");
        let index = fs::read_to_string(index).unwrap();
        let path = Path::new("/run/systemd/netif/leases").join(index.trim());
        let text = format!("ADDRESS=10.{n}.0.7\n{lines}");
        fs::write(path, text).unwrap();
    }

    fn start(&mut self, server: &str, command: &str) {
        let words = command.split_whitespace();
        let child = Command::new("ip")
            .args(["netns", "exec", server])
            .args(words)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        self.servers.push((server.to_owned(), child));
    }

    /// DHCP and DNS at 10.N.0.1, without any name but those of `options`.
    pub(crate) fn dnsmasq(&mut self, server: &str, n: u8, options: &[&str]) {
        let log = format!("/run/{server}.log");
        let _ = fs::remove_file(&log);
        let command = format!(
            "dnsmasq --keep-in-foreground --conf-file=/dev/null --no-hosts \
             --no-resolv --user=root --log-queries --log-facility={log} \
             --pid-file=/run/{server}.pid --dhcp-leasefile=/run/{server}.db \
             --dhcp-range=10.{n}.0.50,10.{n}.0.90,255.255.255.0,1h \
             --local=/uk/ --local=/example/ --local=/com/ {}",
            options.join(" ")
        );
        self.start(server, &command);
        wait_for("dnsmasq", || {
            let log = fs::read_to_string(&log).unwrap_or_default();
            log.contains("IP range")
        });
    }

    /// The names that dnsmasq was asked for.
    pub(crate) fn questions(&self, server: &str) -> Vec<String> {
        let log = fs::read_to_string(format!("/run/{server}.log")).unwrap();
        let names = log.lines().filter_map(|line| {
            let (_, rest) = line.split_once("query[")?;
            rest.split_whitespace().nth(1).map(str::to_owned)
        });
        names.collect()
    }

    /// `wpad.dat`, which says `proxy`, and `new.dat` at 10.N.0.1.
    pub(crate) fn nginx(&mut self, server: &str, n: u8, proxy: &str) {
        let conf = format!("/run/{server}.conf");
        let script = |proxy: &str| {
            format!("function FindProxyForURL(){{return 'PROXY {proxy}:80'}}")
        };
        let text = format!(
            "daemon off; master_process off; worker_processes 1;
            error_log /run/{server}.err; pid /run/{server}.ngx;
            events {{ }}
            http {{ access_log off; server {{
                listen 80; listen [::]:80;
                location = /wpad.dat {{ return 200 \"{}\"; }}
                location = /new.dat {{ return 200 \"{}\"; }}
            }} }}",
            script(proxy),
            script(&format!("new-{proxy}"))
        );
        fs::write(&conf, text).unwrap();
        self.start(server, &format!("nginx -e /run/{server}.err -c {conf}"));
        let address = SocketAddr::from(([10, n, 0, 1], 80));
        wait_for("nginx", || {
            let wait = Duration::from_secs(1);
            TcpStream::connect_timeout(&address, wait).is_ok()
        });
    }

    /// The server of [`crate::liar`].
    pub(crate) fn liar(&mut self, server: &str) {
        let me = env::current_exe().unwrap();
        let command = format!(
            "env WHICHPROXY_TEST_LIAR=1 {} liar --exact --nocapture",
            me.display()
        );
        self.start(server, &command);
        wait_for("the liar", || {
            let sockets = Command::new("ip")
                .args(["netns", "exec", server, "cat", "/proc/net/udp"])
                .output()
                .unwrap();
            // 6767 in hexadecimal: the last that it opens.
            String::from_utf8_lossy(&sockets.stdout).contains(":1A6F")
        });
    }

    /// Ends the servers of a namespace.
    pub(crate) fn kill(&mut self, server: &str) {
        for (_, child) in
            self.servers.iter_mut().filter(|(name, _)| name == server)
        {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        self.servers.retain(|(name, _)| name != server);
    }

    /// Runs a test of this program again, behind a command, and with a
    /// variable set.
    pub(crate) fn run_self(&self, test: &str, variable: &str, behind: &str) {
        let me = env::current_exe().unwrap();
        self.run(&format!(
            "{variable}=1 {behind} {} {test} --exact --nocapture 1>&2",
            me.display()
        ));
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        for (_, child) in &mut self.servers {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
