//! New files for the output, and what a failure leaves of them.

use std::fs;

use super::*;

/// The hint if a new file cannot be removed.
fn hint_of(path: &Path) -> String {
    format!("remove the empty file {}, which drfctl could not remove", path.display())
}

fn hints(error: &Error) -> Vec<String> {
    error.hints().iter().map(|hint| hint.lead.to_string()).collect()
}

#[test]
fn an_abandoned_file_is_removed_or_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let file = || Destination::file(&path, Appearing::AtOnce).unwrap();
    let abandoned = file().abandon(Error::rejected("no"));
    assert_eq!((hints(&abandoned), path.exists()), (vec![], false));
    // Another program removed it.
    let created = file();
    fs::remove_file(&path).unwrap();
    assert_eq!(hints(&created.abandon(Error::rejected("no"))), Vec::<String>::new());
    // A folder in its place cannot be removed like a file.
    let created = file();
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert_eq!(hints(&created.abandon(Error::rejected("no"))), [hint_of(&path)]);
}

#[test]
fn a_new_file_is_private_and_replaces_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for appearing in [Appearing::AtOnce, Appearing::Complete] {
        let path = folder.path().join(format!("{appearing:?}"));
        let file = Destination::file(&path, appearing).unwrap();
        assert!(path.exists() || appearing == Appearing::Complete);
        file.deliver(b"key\n", &Behind::Nothing).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"key\n");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let refused = Destination::file(&path, appearing).map(|_| ()).unwrap_err();
        assert_eq!(refused.to_string(), format!("{} already exists", path.display()));
    }
    let link = folder.path().join("link");
    std::os::unix::fs::symlink("missing", &link).unwrap();
    for path in [link.as_path(), folder.path()] {
        let refused = Destination::file(path, Appearing::Complete).map(|_| ()).unwrap_err();
        assert_eq!(
            (refused.kind(), hints(&refused)),
            (Kind::Conflict, vec!["remove it, or choose another name".to_owned()])
        );
    }
    let device = Destination::file(Path::new("/dev/null"), Appearing::Complete).map(|_| ()).unwrap_err();
    assert!(device.to_string().starts_with("/dev/null is a FIFO, socket or device"));
    assert_eq!(directory_of(Path::new("keys")), Path::new("."));
    assert_eq!(directory_of(Path::new("a/keys")), Path::new("a"));
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    for (behind, message, hint) in [
        (Behind::Nothing, "cannot write the result to", "run the command again; nothing was changed"),
        (Behind::change("list them"), "committed, but cannot write the result to", "list them"),
    ] {
        let Ok(Destination::File(new)) = Destination::file(&path, Appearing::AtOnce) else { panic!("no file") };
        // Opened only to be read, so that it cannot be written.
        let file = Destination::File(NewFile { file: File::open(&path).unwrap(), ..new });
        let error = file.deliver(b"key\n", &behind).unwrap_err();
        assert!(error.to_string().starts_with(&format!("{message} {}: ", path.display())), "{error}");
        assert_eq!((error.kind(), hints(&error)), (Kind::Undelivered, vec![hint.to_owned()]));
        assert!(!path.exists());
    }
}

#[test]
fn a_kept_file_has_the_pages_that_were_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let Ok(Destination::File(mut new)) = Destination::file(&path, Appearing::AtOnce) else { panic!("no file") };
    new.write(b"one\n").unwrap();
    new.write(b"two\n").unwrap();
    assert_eq!(new.length, 8);
    Destination::File(new).keep();
    assert_eq!(fs::read(&path).unwrap(), b"one\ntwo\n");
}
