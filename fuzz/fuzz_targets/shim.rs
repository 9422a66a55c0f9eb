// A plain `main` where no fuzzer drives the target, so that an input that it
// found is replayed by stable cargo:
//
//     cargo run --manifest-path fuzz/Cargo.toml --bin reg -- FILE...
#[cfg(not(fuzzing))]
macro_rules! fuzz_target {
    (|$data:ident: &[u8]| $body:block) => {
        fn target($data: &[u8]) $body

        fn main() {
            for path in std::env::args().skip(1) {
                let data = std::fs::read(&path).expect("an input");
                target(&data);
                println!("{path}: nothing wrong");
            }
        }
    };
}
