//! The static binaries.

use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{
    Engine, Invocation, Machine, ORDINARY, Sandbox, Site, VERSION, files_below, machines, package, packages, root,
    scenarios,
};

/// A folder as the root of the file system, in which an ordinary user without a name runs drfctl. It
/// contains only drfctl and, on SQLite, `/db.sqlite3`.
struct EmptyRoot {
    sandbox: Sandbox,
    is_emulated: bool,
}

impl EmptyRoot {
    /// Moves the database of a sandbox into a new root with that binary.
    fn new(sandbox: Sandbox, machine: &Machine) -> Self {
        // `cp`, because a program cannot start while another process has it open for writing, and
        // processes of other tests inherit the files that are open here.
        let copy = |program: &Path, name: &str| {
            let status = Command::new("cp").arg(program).arg(sandbox.dir().join(name)).status();
            assert!(status.unwrap().success());
        };
        copy(&machine.binary(), "drfctl");
        let emulator = machine.emulator();
        if let Some(emulator) = &emulator {
            copy(emulator, "emulator");
        }
        for path in files_below(sandbox.dir(), "sqlite3").into_iter().chain([sandbox.dir().to_owned()]) {
            chown(path, Some(ORDINARY), Some(ORDINARY)).unwrap();
        }
        Self { sandbox, is_emulated: emulator.is_some() }
    }

    /// Returns a call of drfctl.
    fn drfctl<const N: usize>(&self, args: [&str; N]) -> Invocation {
        let user = format!("--userspec={ORDINARY}:{ORDINARY}");
        let wrapper = [Path::new("chroot"), Path::new(&user), self.sandbox.dir()];
        let call = self.sandbox.drfctl(args).through(wrapper).program("/drfctl");
        if self.is_emulated { call.through(["/emulator"]) } else { call }
    }
}

scenarios![
    #[ignore = "needs the packages of a release"]
    an_ordinary_user_runs_drfctl_in_an_empty_root,
];

fn an_ordinary_user_runs_drfctl_in_an_empty_root(engine: Engine) {
    for machine in machines() {
        let empty = EmptyRoot::new(Sandbox::on(engine, Site::Stock), machine);
        let outcome = empty.drfctl(["create-token", "alice"]).run().ok();
        let key = outcome.key();
        assert_eq!(outcome.stdout, format!("Generated token {key} for user alice\n"), "{}", machine.name);
        assert_eq!(empty.sandbox.serve().whoami(&key), r#"200 {"user":"alice"}"#, "{}", machine.name);

        let password = "correct horse battery staple";
        let outcome = empty.drfctl(["create-user", "--password-stdin", "dave"]).stdin(password).run();
        assert_eq!((outcome.status.as_str(), outcome.stderr.as_str()), ("0", ""), "{}: {outcome}", machine.name);
        let login = format!(
            "from django.contrib.auth import authenticate\nprint(authenticate(username='dave', password='{password}'))"
        );
        assert_eq!(empty.sandbox.django(&login), "dave", "{}", machine.name);

        // There is no /etc/hosts.
        let url = empty.sandbox.database().into_string().unwrap().replace("127.0.0.1", "localhost");
        let call = empty.drfctl(["list", "--format", "raw", "--show-keys"]);
        let call = if engine == Engine::Sqlite { call } else { call.env("DATABASE_URL", url) };
        assert_eq!(call.run().ok().stdout, format!("{key}\n"), "{}", machine.name);
    }
}

/// Returns the number at an offset of an ELF file for 64-bit little-endian machines.
fn number(elf: &[u8], offset: u64, bytes: usize) -> u64 {
    let start = usize::try_from(offset).unwrap();
    elf[start..start + bytes].iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[test]
#[ignore = "needs the packages of a release"]
fn the_binary_is_static_and_has_a_fixed_address() {
    for machine in machines() {
        let elf = fs::read(machine.binary()).unwrap();
        assert_eq!(number(&elf, 16, 2), 2, "{}: not an executable with a fixed address", machine.name);
        let (table, size, count) = (number(&elf, 32, 8), number(&elf, 54, 2), number(&elf, 56, 2));
        // An interpreter is the dynamic loader.
        let (dynamic, interpreter) = (2, 3);
        for segment in 0..count {
            let kind = number(&elf, table + segment * size, 4);
            assert!(kind != dynamic && kind != interpreter, "{}: a segment of type {kind}", machine.name);
        }
    }
}

/// The static program has no symbols, but each protected function reads the canary of the stack.
#[test]
#[ignore = "needs the packages of a release"]
fn c_code_of_a_release_checks_its_stack() {
    // mov rax, fs:0x28, and the same for the other registers.
    let reads_canary = |code: &[u8]| matches!(code[..3], [0x64, 0x48 | 0x4c, 0x8b]) && code[4..] == *b"\x25\x28\0\0\0";
    for machine in machines().filter(|machine| machine.name == "x86_64") {
        let bytes = fs::read(machine.binary()).unwrap();
        let count = bytes.windows(9).filter(|code| reads_canary(code)).count();
        assert!(count > 100, "{count}");
    }
}

#[test]
#[ignore = "needs the packages of a release"]
fn neither_the_binary_nor_its_list_of_crates_has_a_path_of_the_build() {
    let contains = |bytes: &[u8], path: &Path| {
        let path = path.as_os_str().as_encoded_bytes();
        bytes.windows(path.len()).any(|window| window == path)
    };
    let mut paths = vec![root().to_owned(), packages().parent().unwrap().to_owned()];
    paths.extend(["HOME", "CARGO_HOME", "RUSTUP_HOME"].into_iter().filter_map(std::env::var_os).map(PathBuf::from));
    for machine in machines() {
        for file in [machine.binary(), package(&format!("drfctl-{VERSION}-{}.cdx.json", machine.target()))] {
            let bytes = fs::read(&file).unwrap();
            for path in paths.iter().filter(|path| path.components().count() > 1) {
                assert!(!contains(&bytes, path), "{}: {}", file.display(), path.display());
            }
        }
    }
}

#[test]
#[ignore = "needs the packages of a release"]
fn the_list_of_crates_has_the_versions_of_the_lock_file() {
    let locked = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    for machine in machines() {
        let path = package(&format!("drfctl-{VERSION}-{}.cdx.json", machine.target()));
        let list: serde_json::Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        assert_eq!(
            (&list["bomFormat"], &list["metadata"]["component"]["name"]),
            (&"CycloneDX".into(), &"drfctl".into())
        );
        let crates = list["components"].as_array().unwrap();
        for required in ["libsqlite3-sys", "mimalloc", "mysql_async", "rustls", "tokio-postgres"] {
            assert!(crates.iter().any(|found| found["name"] == required), "{required} is missing");
        }
        for found in crates {
            let entry = format!("name = {}\nversion = {}\n", found["name"], found["version"]);
            assert!(locked.contains(&entry), "{entry}");
        }
    }
}
