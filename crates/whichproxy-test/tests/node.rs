//! The PAC cases in V8, as a second opinion.

use whichproxy_test::Runner;
use whichproxy_test::node::Node;

#[test]
fn node() {
    let Some(mut node) = Node::start().unwrap() else {
        // `cargo xtask test` makes sure that there is one where nothing may
        // be skipped.
        println!("skipped: there is no node");
        return;
    };
    Runner::new("node").run(|case| node.observe(case));
}
