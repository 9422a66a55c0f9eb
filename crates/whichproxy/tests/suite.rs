//! Every case of `whichproxy-test`, on the crates themselves.

use whichproxy_test::{Runner, rust};

#[test]
fn rust() {
    Runner::new("rust").complete().run(rust::observe);
}
