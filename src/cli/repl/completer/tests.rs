use super::*;

struct Fake;

impl Names for Fake {
    fn tables(&self) -> Vec<(String, String)> {
        ["event_data_store", "default", "incident-42"]
            .map(|n| (n.to_owned(), String::new()))
            .to_vec()
    }

    fn columns(&self) -> &'static [Field] {
        crate::event::EventSchema::CloudTrail.columns()
    }

    fn occurring(&self, wanted: &Wanted) -> Option<Vec<String>> {
        let (Wanted::Keys(column) | Wanted::Values(column)) = wanted;
        let texts: &[&str] = match (wanted, column.as_str()) {
            (Wanted::Keys(_), "requestparameters") => {
                &["bucketName", "bad\u{1b}[31m", "it's", "key"]
            }
            (Wanted::Keys(_), "useridentity.sessioncontext.webidfederationdata.attributes") => {
                &["aud"]
            }
            (Wanted::Values(_), "eventname") => &["CreateUser", "ListKeys", "CreateKey"],
            (Wanted::Values(_), "useridentity.type") => &["IAMUser", "Root"],
            _ => return None,
        };
        Some(texts.iter().map(|text| (*text).to_owned()).collect())
    }

    fn saved(&self) -> Vec<(String, String)> {
        vec![("security/root-logins".to_owned(), "who was root".to_owned())]
    }

    fn parameters(&self, saved: &str) -> Vec<(String, String)> {
        let known = saved == "root-logins";
        let names = if known { &["from", "to"][..] } else { &[] };
        names.iter().map(|name| ((*name).to_owned(), String::new())).collect()
    }
}

fn completer() -> SqlCompleter {
    SqlCompleter { names: Arc::new(Fake), awaited: None }
}

/// What the line becomes with each suggestion, where `|` is the cursor.
fn lines(line: &str) -> Vec<String> {
    let pos = line.find('|').unwrap();
    let line = line.replacen('|', "", 1);
    let suggested = completer().complete(&line, pos);
    let line =
        |s: Suggestion| format!("{}{}{}", &line[..s.span.start], s.value, &line[s.span.end..]);
    suggested.into_iter().map(line).collect()
}

#[track_caller]
fn check(line: &str, want: &[&str]) {
    assert_eq!(lines(line), want, "{line}");
}

#[track_caller]
fn has(line: &str, want: &str) {
    let lines = lines(line);
    assert!(lines.iter().any(|line| line == want), "{line}: {want} is not in {lines:?}");
}

#[test]
fn statements_begin_with_a_keyword() {
    check("se|", &["select"]);
    check("SELECT 1; Wi|", &["SELECT 1; WITH"]);
    has("|", "SHOW");
    has("|", ".");
    has("SELECT 1 wh|", "SELECT 1 where");
}

#[test]
fn columns_go_down_into_rows() {
    check("SELECT eventn|", &["SELECT eventName"]);
    check("SELECT useridentity.sess|", &["SELECT useridentity.sessionContext"]);
    check(
        "SELECT userIdentity.sessionContext.sessionIssuer.a| FROM t",
        &[
            "SELECT userIdentity.sessionContext.sessionIssuer.arn FROM t",
            "SELECT userIdentity.sessionContext.sessionIssuer.accountId FROM t",
        ],
    );
    check(
        "SELECT e.tlsDetails.c|",
        &["SELECT e.tlsDetails.cipherSuite", "SELECT e.tlsDetails.clientProvidedHostHeader"],
    );
    has("SELECT e.|", "SELECT e.eventName");
    check("SELECT eventName.|", &[]);
    has(
        "SELECT count(*) FROM t WHERE useridentity.ar|",
        "SELECT count(*) FROM t WHERE useridentity.arn",
    );
    has(
        "SELECT useridentity.sessioncontext.sessionissuer.|",
        "SELECT useridentity.sessioncontext.sessionissuer.userName",
    );
    has("SELECT userIdentity.sessionC|", "SELECT userIdentity.sessionContext");
    has("SELECT userna|", "SELECT userIdentity.sessionContext.sessionIssuer.userName");
    let typed = "SELECT tlsdetails.";
    let all = completer().complete(typed, typed.len());
    assert!(all.iter().all(|s| s.description.as_deref() == Some("varchar")), "{all:?}");
}

#[test]
fn functions_come_with_their_signatures() {
    let typed = "SELECT json_pa";
    let all = completer().complete(typed, typed.len());
    assert_eq!(all[0].value, "json_parse(");
    assert_eq!(
        all[0].description.as_deref(),
        words::function("json_parse").map(|f| f.signatures[0])
    );
    check("SELECT NOW|", &["SELECT NOW()"]);
    has("SELECT cou|", "SELECT count(");
    assert_eq!(lines("SELECT 1 fr|")[0], "SELECT 1 from", "keywords come first");
}

#[test]
fn names_of_the_statement_are_known() {
    has(
        "WITH busy AS (SELECT eventName AS what FROM t) SELECT wha|",
        "WITH busy AS (SELECT eventName AS what FROM t) SELECT what",
    );
}

#[test]
fn tables_follow_from_and_join() {
    check("SELECT 1 FROM inci|", &["SELECT 1 FROM incident-42"]);
    for with in ["WITH busy AS (SELECT 1)", "WITH a AS (SELECT 1), busy (x, y) AS (SELECT 2)"] {
        has(&format!("{with} SELECT 1 FROM bu|"), &format!("{with} SELECT 1 FROM busy"));
    }
    check("SELECT 1 AS x, CAST(a AS (b)) FROM x|", &[]);
    check("SELECT 1 FROM incident-|", &["SELECT 1 FROM incident-42"]);
    check("SELECT 1 FROM a, def| WHERE 1 = 1", &["SELECT 1 FROM a, default WHERE 1 = 1"]);
    has("SELECT 1 FROM a JOIN |", "SELECT 1 FROM a JOIN event_data_store");
    has("SELECT 1 FROM a CROSS JOIN un|", "SELECT 1 FROM a CROSS JOIN unnest");
    has("SELECT 1 FROM a w|", "SELECT 1 FROM a where");
    assert!(!lines("SELECT a, |").contains(&"SELECT a, default".to_owned()));
}

#[test]
fn keys_of_maps_are_offered_inside_a_string() {
    let before = "SELECT element_at(requestParameters, ";
    let keys = ["'bucketName'", "'it''s'", "'key'"].map(|key| format!("{before}{key}"));
    check(&format!("{before}'|"), &keys.each_ref().map(String::as_str));
    check(&format!("{before}'B|"), &[&format!("{before}'bucketName'")]);
    check(
        "SELECT element_at(userIdentity.sessionContext.webIdFederationData.attributes, '|",
        &["SELECT element_at(userIdentity.sessionContext.webIdFederationData.attributes, 'aud'"],
    );
    let found = "SELECT 1, element_at(e.requestParameters, 'bucketName')";
    check("SELECT 1, e.requestParameters['b|", &[found]);
    check("SELECT 1, e.requestParameters['b|']", &[found]);
    check(
        "SELECT requestParameters|",
        &["SELECT requestParameters", "SELECT element_at(requestParameters, '"],
    );
    check("SELECT requestP|", &["SELECT requestParameters"]);
    for no_map in [
        "SELECT '|",
        "SELECT eventName['|",
        "SELECT f(requestParameters, '|",
        "SELECT element_at(a, b, '|",
    ] {
        check(no_map, &[]);
    }
}

#[test]
fn values_of_columns_are_offered_inside_a_string() {
    for before in [
        "WHERE eventName = ",
        "WHERE e.eventName <> ",
        "WHERE NOT eventname != ",
        "WHERE eventName LIKE ",
        "WHERE eventName NOT LIKE ",
        "WHERE eventName IN (",
        "WHERE eventName NOT IN ('ListKeys', ",
    ] {
        let found = ["CreateUser", "CreateKey"].map(|name| format!("{before}'{name}'"));
        check(&format!("{before}'cre|"), &found.each_ref().map(String::as_str));
    }
    check("WHERE userIdentity.type = 'R|", &["WHERE userIdentity.type = 'Root'"]);
    check("WHERE userIdentity.type = 'R|' AND 1", &["WHERE userIdentity.type = 'Root' AND 1"]);
    for line in [
        "WHERE f(eventName, '|",
        "WHERE (eventName, '|",
        "WHERE eventName + '|",
        "WHERE readOnly = '|",
        "WHERE eventName = lower('|",
        "SELECT eventName, '|",
        "IN ('|",
    ] {
        check(line, &[]);
    }
}

#[test]
fn keys_that_are_not_known_yet_are_awaited() {
    let mut completer = completer();
    let typed = "SELECT responseElements['";
    assert!(completer.complete(typed, typed.len()).is_empty());
    assert!(completer.has_pending() && !completer.check_pending());
    completer.complete("SELECT ", 7);
    assert!(!completer.has_pending());
}

#[test]
fn strings_numbers_and_comments_are_left_alone() {
    for line in [
        "SELECT 'event|",
        "SELECT 'a'|",
        "SELECT 12|",
        "SELECT 1 -- ev|",
        "SELECT /* ev|",
        "SELECT \"ev|",
    ] {
        check(line, &[]);
    }
    has("SELECT 1 -- a\n, eventn|", "SELECT 1 -- a\n, eventName");
}

#[test]
fn commands_and_their_arguments() {
    check(".ti|", &[".timing"]);
    check(".format js|", &[".format json", ".format jsonl"]);
    check(".expanded |", &[".expanded auto", ".expanded off", ".expanded on"]);
    check(".timing of|", &[".timing off"]);
    check(".store |", &[".store default", ".store incident-42"]);
    has(".schema |", ".schema event_data_store");
    has(".help re|", ".help read");
    check(".saved |", &[".saved search", ".saved show", ".saved security/root-logins"]);
    check(".saved Roo|", &[".saved security/root-logins"]);
    check(".saved show ro|", &[".saved show security/root-logins"]);
    check(".saved search ro|", &[]);
    check(".saved root-logins f|", &[".saved root-logins from="]);
    check(".saved nothing f|", &[]);
    check(".chart li|", &[".chart line"]);
    check(".chart bar sel|", &[".chart bar select"]);
    has(".chart  bar SELECT |", ".chart  bar SELECT eventName");
    check(".help date_a|", &[".help date_add"]);
    has(".chart SELECT eventn|", ".chart SELECT eventName");
    check(".explain SELECT eventn|", &[".explain SELECT eventName"]);
    has(".explain SELECT 1 FROM |", ".explain SELECT 1 FROM default");
    check(".quit |", &[]);
    check(".nothing |", &[]);
}

#[test]
fn files_are_completed() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["a.sql", "a b.sql", ".hidden", "a\u{1b}c"] {
        std::fs::write(dir.path().join(name), "").unwrap();
    }
    std::fs::create_dir(dir.path().join("archive")).unwrap();
    let dir = dir.path().to_str().unwrap();
    check(
        &format!(".read {dir}/|"),
        &[
            &format!(".read \"{dir}/a b.sql\""),
            &format!(".read {dir}/a.sql"),
            &format!(".read {dir}/archive/"),
        ],
    );
    check(&format!(".import x {dir}/ar|"), &[&format!(".import x {dir}/archive/")]);
    check(&format!(".read \"{dir}/a b|"), &[&format!(".read \"{dir}/a b.sql\"")]);
    check(&format!(".output {dir}/.h|"), &[&format!(".output {dir}/.hidden")]);
    check(".read no/such/folder/|", &[]);
}

#[test]
fn hidden_columns_are_for_those_who_begin_them() {
    let names = ["$source", "$position", "$delivered", "$import"];
    check(
        "SELECT \"$|",
        &names.map(|name| format!("SELECT \"{name}\"")).each_ref().map(|s| &s[..]),
    );
    check("SELECT e.\"$so|", &["SELECT e.\"$source\""]);
    assert_eq!(lines("SELECT sou|").iter().filter(|line| line.contains('$')).count(), 0);
    assert_eq!(lines("SELECT \"s|").len(), 0);
}
