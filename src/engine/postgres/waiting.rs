//! Waiting for the server: its queue for a lock is a fair one, which is not to be
//! left; so another thread looks for signals, and has the server stop.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use postgres::{CancelToken, Client, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::engine::server::Wait;
use crate::process;

/// How often it is looked.
const LOOK: Duration = Duration::from_millis(100);

/// Has the client do something that may have to wait; `on_wait` is told once
/// when that takes long. `connector` is none on a socket.
pub(super) fn attended<T>(
    client: &mut Client,
    connector: Option<&MakeRustlsConnect>,
    on_wait: &(dyn Fn() + Sync),
    run: impl FnOnce(&mut Client) -> T,
) -> T {
    let token = client.cancel_token();
    thread::scope(|scope| {
        let (running, is_running) = channel();
        scope.spawn(move || attend(&is_running, &token, connector, on_wait));
        let outcome = run(client);
        drop::<Sender<()>>(running);
        outcome
    })
}

fn attend(
    is_running: &Receiver<()>,
    token: &CancelToken,
    connector: Option<&MakeRustlsConnect>,
    on_wait: &(dyn Fn() + Sync),
) {
    let mut wait = Wait::begin();
    while is_running.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
        if process::is_to_end() {
            // Where it cannot be told, a second signal ends the program.
            let _ = match connector {
                Some(connector) => token.cancel_query(connector.clone()),
                None => token.cancel_query(NoTls),
            };
            return;
        }
        wait.tell(on_wait);
    }
}
