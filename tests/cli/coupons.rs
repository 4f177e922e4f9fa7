//! `coupon`, and what `sequence` and `explain` make of one.

use super::Folder;

const KEYS: &[&str] = &[
    "id",
    "code",
    "name",
    "type",
    "value",
    "currency",
    "minimum",
    "starts_at",
    "ends_at",
    "code_life_secs",
    "use_limit",
    "uses",
    "active",
    "codes",
    "free",
];

#[test]
fn a_coupon_is_made_listed_changed_and_switched_off() {
    let folder = Folder::with_shop();
    let add = ["coupon", "add", "--site", "my-shop", "--id", "spring", "--code", "SPRING10", "--type", "percent"];
    let made = folder.run(&[&add[..], &["--value", "10", "--json"]].concat()).expect_code(0).json(KEYS);
    let expected = serde_json::json!({
        "id": "spring", "code": "SPRING10", "name": null, "type": "percent", "value": 10, "currency": null,
        "minimum": 0, "starts_at": null, "ends_at": null, "code_life_secs": null, "use_limit": null, "uses": 0,
        "active": true, "codes": 1, "free": 0,
    });
    assert_eq!(made, expected);
    folder.refuses(&[&add[..], &["--value", "10"]].concat(), "coupon `spring` exists already");
    let set = ["coupon", "set", "--site", "my-shop", "--id", "spring"];
    let change =
        ["--ends", "2030-04-01T00:00:00Z", "--minimum", "5000", "--use-limit", "9", "--active", "off", "--json"];
    let changed = folder.run(&[&set[..], &change].concat()).expect_code(0).json(KEYS);
    assert_eq!((&changed["currency"], &changed["active"]), (&"USD".into(), &false.into()));
    folder.run(&[&set[..], &["--ends", "none", "--use-limit", "none"]].concat()).expect_code(0);
    let listed = folder.run(&["coupon", "list", "--site", "my-shop", "--json"]).expect_code(0).json(KEYS);
    assert_eq!((&listed["ends_at"], &listed["minimum"]), (&serde_json::Value::Null, &5_000.into()));
    let line = folder.run(&["coupon", "list", "--site", "my-shop"]).expect_code(0).out;
    assert_eq!(line, "spring  percent 10 USD from 5000  code SPRING10  0 uses  off\n");
    folder.refuses(&set, "is required");
    folder.refuses(&[&set[..], &["--value", "101"]].concat(), "value: must lie between 1 and 100");
    folder.refuses(&["coupon", "set", "--site", "my-shop", "--id", "autumn", "--value", "1"], "no coupon `autumn`");
}

#[test]
fn codes_come_from_a_file_or_standard_input_and_twice_is_once() {
    let folder = Folder::with_shop();
    let add = ["coupon", "add", "--site", "my-shop", "--id", "thanks", "--type", "fixed", "--value", "500"];
    folder.run(&[&add[..], &["--code-life", "3d"]].concat()).expect_code(0);
    let codes: String = (0..2_500).map(|number| format!("CODE-{number}\r\n\n")).collect();
    folder.write("codes.txt", &codes);
    let import = ["coupon", "import", "--site", "my-shop", "--id", "thanks"];
    let out = folder.run(&[&import[..], &["codes.txt"]].concat()).expect_code(0).out;
    assert_eq!(out, "thanks: 2500 new, 0 skipped, 2500 free\n");
    let piped = folder.run_with(&[&import[..], &["-", "--json"]].concat(), &[], "code-7\nNEW-1\n").expect_code(0);
    assert_eq!(piped.json(&["id", "new", "skipped", "free"])["new"], 1);
    folder.run_with(&[&import[..], &["-"]].concat(), &[], "two words\n").expect_refusal("code 1: must be 1 to 64");
    folder.run_with(&[&import[..], &["-"]].concat(), &[], "\n").expect_refusal("at least one code");
    folder.refuses(&[&import[..], &["absent.txt"]].concat(), "absent.txt cannot be read");
    let line = folder.run(&["coupon", "list", "--site", "my-shop"]).expect_code(0).out;
    assert_eq!(line, "thanks  fixed 500 USD from 0  a pool of 2501 codes, 2501 free, each for 3d  0 uses  on\n");
}

#[test]
fn a_step_shows_its_coupon_with_a_code_that_nobody_can_use() {
    let folder = Folder::with_shop();
    let add = ["coupon", "add", "--site", "my-shop", "--id", "thanks", "--type", "fixed", "--value", "500"];
    folder.run(&add).expect_code(0);
    let set = ["sequence", "set", "--site", "my-shop", "--step", "2"];
    folder.refuses(&[&set[..], &["--coupon", "nothing"]].concat(), "`nothing` is no coupon of this shop");
    let listed = folder.run(&[&set[..], &["--coupon", "thanks"]].concat()).expect_code(0).out;
    assert!(listed.lines().nth(1).is_some_and(|line| line.ends_with("as shipped  with coupon thanks")), "{listed}");
    let preview = ["sequence", "preview", "--site", "my-shop", "--step", "2"];
    let shown = folder.run(&preview).expect_code(0).out;
    assert!(shown.contains("$5.00 off: SAMPLE-CODE"), "{shown}");
    folder.run(&[&set[..], &["--coupon", "none"]].concat()).expect_code(0);
    assert!(!folder.run(&preview).out.contains("SAMPLE-CODE"));
}
