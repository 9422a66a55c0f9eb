//! `.reg` files: every form, every error, and back.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::registry::Root;

const HEADER: &str = "Windows Registry Editor Version 5.00\r\n\r\n";

fn parse(body: &str) -> Result<RegFile, Error> {
    RegFile::parse(format!("{HEADER}{body}").as_bytes(), "t.reg")
}

fn value(file: &dyn Registry, key: &str, name: &str) -> Option<Value> {
    let key: Key = key.parse().unwrap();
    file.value(&key, name).unwrap().map(|found| found.value)
}

fn string(text: &str) -> Value {
    Value::String(text.into())
}

#[test]
fn every_type_of_value() {
    for (data, expected) in [
        (r#""""#, string("")),
        (r#""C:\\a \"b\" ; c]""#, string(r#"C:\a "b" ; c]"#)),
        ("\"one\r\ntwo\n\nfour\"", string("one\r\ntwo\n\nfour")),
        ("dword:0000001a", Value::Dword(26)),
        ("DWORD: 1 ", Value::Dword(1)),
        ("hex:", Value::Binary(vec![])),
        ("hex:18,00,FF", Value::Binary(vec![0x18, 0, 0xff])),
        ("hex:1,2,\\\r\n  3", Value::Binary(vec![1, 2, 3])),
        ("hex:\\\n  1 , 2 \\ \t\n, 3,", Value::Binary(vec![1, 2, 3])),
        ("hex:1,\\ ; why\n; not\n\t2", Value::Binary(vec![1, 2])),
        ("hex(0):", Value::Other { kind: 0, data: vec![] }),
        ("hex(1):61,00,00,00", string("a")),
        ("hex(2):25,00,41,00,00,00", Value::ExpandString("%A".into())),
        ("hex(3):01", Value::Binary(vec![1])),
        ("hex(4):1a,00,00,00", Value::Dword(26)),
        ("hex(4):1a,00,00", Value::Other { kind: 4, data: vec![26, 0, 0] }),
        ("hex(5):00,00,00,1a", Value::DwordBigEndian(26)),
        ("hex(6):61", Value::Other { kind: 6, data: vec![0x61] }),
        (
            "hex(7):61,00,00,00,62,00,00,00,00,00",
            Value::MultiString(vec!["a".into(), "b".into()]),
        ),
        ("hex(7):61,00,00", Value::Other { kind: 7, data: vec![0x61, 0, 0] }),
        ("hex(8):01", Value::Other { kind: 8, data: vec![1] }),
        ("hex(9):01", Value::Other { kind: 9, data: vec![1] }),
        ("hex(a):01", Value::Other { kind: 10, data: vec![1] }),
        ("hex(b):1a,0,0,0,0,0,0,0", Value::Qword(26)),
        (
            "hex(FFFF0011):01",
            Value::Other { kind: 0xffff_0011, data: vec![1] },
        ),
    ] {
        for end in ["", "\r\n", " \t; a comment\n\"b\"=\"x\"\n"] {
            let body = format!("[HKLM\\A]\n \"n\" = {data}{end}");
            let file = parse(&body).unwrap();
            let found = value(&file, r"hklm\a", "N");
            assert_eq!(found.as_ref(), Some(&expected), "{body}");
        }
    }
}

#[test]
fn places_follow_lines_within_data() {
    let body = "; c\n[HKLM\\A]\n@=\"x\ny\"\n\n\"b\"=hex:1,\\\n\
                ;\n  2\n\"c\"=dword:1\n";
    let file = parse(body).unwrap();
    let key = Key::local_machine("A");
    for (name, line) in [("", 5), ("b", 8), ("c", 11)] {
        let found = file.value(&key, name).unwrap().unwrap();
        let place = found.place.unwrap();
        assert_eq!((&*place.file, place.line), ("t.reg", line), "{name}");
    }
}

#[test]
fn roots_and_keys() {
    for (written, key) in [
        (r"HKEY_LOCAL_MACHINE\A", r"HKLM\A"),
        (r"hklm\A\", r"HKLM\A"),
        ("HKEY_CURRENT_USER", "HKCU"),
        (r"HKCR\.reg", r"HKCR\.reg"),
        (r"HKEY_CURRENT_CONFIG\A", r"HKCC\A"),
        (r"HKU\.DEFAULT\A", r"HKU\S-1-5-18\A"),
        (r"HKEY_USERS\S-1-5-21-1-2-3-500", r"HKU\S-1-5-21-1-2-3-500"),
        (
            r"HKEY_USERS\S-1-5-21-1-2-3-500_Classes",
            r"HKU\S-1-5-21-1-2-3-500_Classes",
        ),
        (
            r"HKLM\SOFTWARE\WOW6432Node\A ; ] [",
            r"HKLM\software\wow6432node\A ; ] [",
        ),
        (r"HKLM\a]b", r"HKLM\a]b"),
    ] {
        let file = parse(&format!("[{written}]\n@=\"x\"\n")).unwrap();
        assert_eq!(value(&file, key, ""), Some(string("x")), "{written}");
    }
    let parsed: Key = r"HKEY_USERS\.default\A".parse().unwrap();
    assert!(matches!(parsed.root(), Root::User(_)));
}

#[test]
fn every_encoding() {
    let text =
        format!("{HEADER}[HKLM\\Käse]\r\n\"Größe\"=\"€ 5\u{1f600}\"\r\n");
    let little: Vec<u8> =
        text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> =
        text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for bytes in [
        text.clone().into_bytes(),
        [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        [&b"\xff\xfe"[..], &little].concat(),
        [&b"\xfe\xff"[..], &big].concat(),
        little,
        big,
    ] {
        let file = RegFile::parse(&bytes, "t.reg").unwrap();
        let found = value(&file, r"HKLM\KÄSE", "grÖße");
        assert_eq!(found, Some(string("€ 5\u{1f600}")));
    }
}

#[test]
fn the_older_form_is_in_the_code_page() {
    let bytes = b"REGEDIT4\r\n\r\n[HKEY_LOCAL_MACHINE\\A]\r\n\
        \"n\"=\"5 \x80\"\r\n\
        \"e\"=hex(2):25,41,25,00\r\n\
        \"m\"=hex(7):61,00,e4,00,00\r\n\
        \"d\"=hex(4):01,00,00,00\r\n";
    let file = RegFile::parse(bytes, "t.reg").unwrap();
    let get = |name| value(&file, r"HKLM\A", name).unwrap();
    assert_eq!(get("n"), string("5 €"));
    assert_eq!(get("e"), Value::ExpandString("%A%".into()));
    let list = vec!["a".to_owned(), "ä".to_owned()];
    assert_eq!(get("m"), Value::MultiString(list));
    assert_eq!(get("d"), Value::Dword(1));
}

#[test]
fn deletions_act_on_what_came_before() {
    let base = "[HKLM\\A]\n\"a\"=\"1\"\n\"b\"=\"1\"\n\
                [HKLM\\A\\c]\n@=\"1\"\n[HKLM\\Ab]\n@=\"1\"\n";
    let base = parse(base).unwrap();
    let delta = "[HKLM\\a]\n\"B\"=-\n\"a\"=\"2\"\n[-HKLM\\a\\C]\n\
                 [HKLM\\A\\d]\n\"x\"=\"1\"\n\"x\"=-\n";
    let delta = parse(delta).unwrap();
    let tree = Tree::from_reg_files([&base, &delta]);
    assert_eq!(value(&tree, r"HKLM\A", "a"), Some(string("2")));
    assert_eq!(value(&tree, r"HKLM\A", "b"), None);
    assert_eq!(value(&tree, r"HKLM\Ab", ""), Some(string("1")));
    let a = Key::local_machine("A");
    assert_eq!(tree.subkeys(&a).unwrap(), ["d"]);
    // The other way round the deletions find nothing.
    let tree = Tree::from_reg_files([&delta, &base]);
    assert_eq!(value(&tree, r"HKLM\A", "b"), Some(string("1")));
    let gone = parse("[HKLM\\A]\n@=\"1\"\n[-HKLM\\A]\n").unwrap();
    assert_eq!(gone.subkeys(&Key::local_machine("")).unwrap(), [""; 0]);
}

#[test]
fn errors_say_where_and_what() {
    let mut messages = String::new();
    for body in
        ["", "Windows Registry Editor Version 4.00", "[HKLM\\A]", "REGEDIT4 x"]
    {
        let error = RegFile::parse(body.as_bytes(), "contoso.reg");
        match error {
            Ok(_) => panic!("{body}"),
            Err(error) => messages.push_str(&format!("{error}\n")),
        }
    }
    for body in [
        "foo",
        "\"a\"=\"b\"",
        "[HKLM\\A]\nfoo",
        "[HKLM\\A",
        "[HKLM\\A] x",
        "[HKEY_NOWHERE\\A]",
        "[HKLM\\A\\\\B]",
        "[]",
        "[-HKLM\\A]\n\"a\"=\"b\"",
        "[HKLM\\A]\n\"a",
        "[HKLM\\A]\n\"a\"",
        "[HKLM\\A]\n\"a\" \"b\"",
        "[HKLM\\A]\n\"a\"=",
        "[HKLM\\A]\n\"a\"=b",
        "[HKLM\\A]\n\"a\"=\"b\nc\n",
        "[HKLM\\A]\n\"a\"=\"b\n\" c",
        "[HKLM\\A]\n\"a\"=\"C:\\Windows\"",
        "[HKLM\\A]\n\"a\"=\"b\\",
        "[HKLM\\A]\n\"a\"=dword:",
        "[HKLM\\A]\n\"a\"=dword:123456789",
        "[HKLM\\A]\n\"a\"=dword:1g",
        "[HKLM\\A]\n\"a\"=hex",
        "[HKLM\\A]\n\"a\"=hex(:1",
        "[HKLM\\A]\n\"a\"=hex(2:1",
        "[HKLM\\A]\n\"a\"=hex:1,,2",
        "[HKLM\\A]\n\"a\"=hex:1,\\\n100",
        "[HKLM\\A]\n\"a\"=hex:1 2",
        "[HKLM\\A]\n\"a\"=hex:1,\\ 2",
        "[HKLM\\A]\n\"a\"=-1",
        "[HKLM\\A]\n@\n",
        "[HKLM\\A]\nProxy=\"http://user:secret@h\"\u{7}",
    ] {
        match parse(body) {
            Ok(_) => panic!("{body}"),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Registry);
                messages.push_str(&format!("{error}\n"));
            }
        }
    }
    insta::assert_snapshot!(messages, @r##"
contoso.reg line 1: expected `Windows Registry Editor Version 5.00` or `REGEDIT4`, found the end of the file
contoso.reg line 1: expected `Windows Registry Editor Version 5.00` or `REGEDIT4`, found `Windows Registry Editor Version 4.00`
contoso.reg line 1: expected `Windows Registry Editor Version 5.00` or `REGEDIT4`, found `[HKLM\A]`
contoso.reg line 1: expected `Windows Registry Editor Version 5.00` or `REGEDIT4`, found `REGEDIT4 x`
t.reg line 3: expected a key such as `[HKEY_LOCAL_MACHINE\…]`, found `foo`
t.reg line 3: expected a key such as `[HKEY_LOCAL_MACHINE\…]` before the first value
t.reg line 4: expected `"name"=` or `@=`, found `foo`
t.reg line 3: expected `]`, found the end of the file
t.reg line 3: expected the end of the line, found ` x`
t.reg line 3: expected a root such as `HKEY_LOCAL_MACHINE` or `HKLM`, found `HKEY_NOWHERE\A]`
t.reg line 3: expected a path without empty names, found `HKLM\A\\B]`
t.reg line 3: expected a root such as `HKEY_LOCAL_MACHINE` or `HKLM`, found `]`
t.reg line 4: expected no value under a key that is deleted
t.reg line 4: expected a `"` that ends the text, found `"a`
t.reg line 4: expected `=`, found the end of the file
t.reg line 4: expected `=`, found `"b"`
t.reg line 4: expected `"text"`, `dword:`, `hex:`, `hex(…):` or `-`, found the end of the file
t.reg line 4: expected `"text"`, `dword:`, `hex:`, `hex(…):` or `-`, found `b`
t.reg line 4: expected a `"` that ends the text, found `"b`
t.reg line 5: expected the end of the line, found `c`
t.reg line 4: expected `\\` or `\"` in a quoted text, found `\Windows"`
t.reg line 4: expected `\\` or `\"` in a quoted text, found `\`
t.reg line 4: expected one to eight hexadecimal digits, found the end of the file
t.reg line 4: expected one to eight hexadecimal digits, found `123456789`
t.reg line 4: expected the end of the line, found `g`
t.reg line 4: expected `"text"`, `dword:`, `hex:`, `hex(…):` or `-`, found `hex`
t.reg line 4: expected the number of a type, as `hex(2)`, found `:1`
t.reg line 4: expected `):`, found `:1`
t.reg line 4: expected a byte of two hexadecimal digits, found `,2`
t.reg line 5: expected a byte of two hexadecimal digits, found `100`
t.reg line 4: expected the end of the line, found `2`
t.reg line 4: expected the end of the line, found `2`
t.reg line 4: expected the end of the line, found `1`
t.reg line 4: expected `=`, found the end of the line
t.reg line 4: expected `"name"=` or `@=`, found `Proxy="http://***@h"\u{7}`
"##);
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c]{1,2}",
        "[a-zÀ-ž\\]\\[ ;=@\"€-]{1,8}",
        "[!-\\[\\]-~]{1,20}",
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        "[ -~\r\n\té\u{1f600}\0]{0,30}".prop_map(Value::String),
        "\\PC{0,20}".prop_map(Value::String),
        "\\PC{0,20}".prop_map(Value::ExpandString),
        vec("\\PC{0,5}", 0..4).prop_map(Value::MultiString),
        (0u32..16, vec(any::<u8>(), 0..70))
            .prop_map(|(kind, data)| Value::from_data(kind, &data)),
        any::<u32>().prop_map(Value::Dword),
        any::<u32>().prop_map(Value::DwordBigEndian),
        any::<u64>().prop_map(Value::Qword),
        (any::<u32>(), vec(any::<u8>(), 0..9))
            .prop_map(|(kind, data)| Value::from_data(kind, &data)),
    ]
}

fn any_key() -> impl Strategy<Value = Key> {
    let root = prop_oneof![
        Just(Root::LocalMachine),
        Just(Root::CurrentUser),
        Just(Root::ClassesRoot),
        Just(Root::CurrentConfig),
        Just(Root::Users),
        Just(Root::of(&crate::Identity::LocalSystem)),
    ];
    (root, vec(name(), 0..4)).prop_map(|(root, mut names)| {
        // `];` ends a key; nothing but that can't be written.
        names.iter_mut().for_each(|n| *n = n.replace(']', "]x"));
        Key::new(root, names.join("\\"))
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        keys in vec((any_key(), vec(
            (prop_oneof![name(), Just(String::new())], any_value()),
            0..4,
        )), 0..6),
        utf16: bool,
    ) {
        let mut tree = Tree::new();
        for (key, values) in keys {
            tree.insert_key(&key);
            for (name, value) in values {
                tree.insert_value(&key, name, value, None);
            }
        }
        let text = tree.to_reg();
        let bytes = match utf16 {
            true => ["\u{feff}", &text]
                .concat()
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect(),
            false => text.clone().into_bytes(),
        };
        let file = match RegFile::parse(&bytes, "t.reg") {
            Ok(file) => file,
            Err(error) => panic!("{error}\n{text}"),
        };
        let read = Tree::from_reg_files([&file]);
        prop_assert_eq!(read.to_reg(), text);
        prop_assert!(read == tree);
    }

    #[test]
    fn garbage_does_no_harm(
        body in "(\\[|\\]|HKLM|HKU|\\\\|\"|a|=|@|hex|\\(|2|\\)|:|,|;|\n| |dword:|-|é){0,40}",
    ) {
        if let Ok(file) = parse(&body) {
            let tree = Tree::from_reg_files([&file]);
            let again = RegFile::parse(tree.to_reg().as_bytes(), "w");
            prop_assert!(again.is_ok(), "{}", tree.to_reg());
        }
    }
}
