//! PBKDF2 with HMAC-SHA-256 of two passwords at a time.
//!
//! Each iteration needs the result of the previous one, so that one derivation leaves
//! a part of the core idle. A second one uses it.

use std::slice;

use pbkdf2::pbkdf2_hmac;
use sha2::block_api::compress256;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

/// The length of a derived key: that of the hash.
const LENGTH: usize = 32;

/// The length of a block of SHA-256.
const BLOCK: usize = 64;

/// The state of SHA-256 before the first block.
const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// One derivation.
struct Derivation {
    /// The states of HMAC's two hashes after the block with the password.
    inner: [u32; 8],
    outer: [u32; 8],
    /// The state of the hash that is computed.
    state: [u32; 8],
    /// The last block of either hash: a hash, and the padding of SHA-256.
    block: [u8; BLOCK],
    /// The exclusive or of the values so far.
    sum: [u8; LENGTH],
}

/// Returns the keys that are derived from two passwords with their salts.
pub(super) fn derive(inputs: [(&[u8], &[u8]); 2], iterations: u32) -> [Zeroizing<[u8; LENGTH]>; 2] {
    let [mut one, mut other] = inputs.map(|(password, salt)| Derivation::begin(password, salt));
    for _ in 1..iterations {
        one.state = one.inner;
        other.state = other.inner;
        compress256(&mut one.state, slice::from_ref(&one.block));
        compress256(&mut other.state, slice::from_ref(&other.block));
        one.fill_block();
        other.fill_block();
        one.state = one.outer;
        other.state = other.outer;
        compress256(&mut one.state, slice::from_ref(&one.block));
        compress256(&mut other.state, slice::from_ref(&other.block));
        one.fill_block();
        other.fill_block();
        one.add();
        other.add();
    }
    [Zeroizing::new(one.sum), Zeroizing::new(other.sum)]
}

impl Derivation {
    /// Computes the first value.
    fn begin(password: &[u8], salt: &[u8]) -> Self {
        let mut sum = [0; LENGTH];
        pbkdf2_hmac::<Sha256>(password, salt, 1, &mut sum);
        let mut block = [0; BLOCK];
        block[..LENGTH].copy_from_slice(&sum);
        block[LENGTH] = 0x80;
        let bits = 8 * (BLOCK as u64 + LENGTH as u64);
        block[BLOCK - 8..].copy_from_slice(&bits.to_be_bytes());
        let [inner, outer] = [0x36, 0x5c].map(|pad| keyed(password, pad));
        Self { inner, outer, state: INITIAL, block, sum }
    }

    /// Copies the state into the block.
    fn fill_block(&mut self) {
        for (bytes, word) in self.block.chunks_exact_mut(4).zip(self.state) {
            bytes.copy_from_slice(&word.to_be_bytes());
        }
    }

    /// Adds the value in the block, with exclusive or.
    fn add(&mut self) {
        for (sum, byte) in self.sum.iter_mut().zip(self.block) {
            *sum ^= byte;
        }
    }
}

impl Drop for Derivation {
    fn drop(&mut self) {
        for state in [&mut self.inner, &mut self.outer, &mut self.state] {
            state.zeroize();
        }
        self.block.zeroize();
        self.sum.zeroize();
    }
}

/// Returns the state of SHA-256 after HMAC's block of a password.
fn keyed(password: &[u8], pad: u8) -> [u32; 8] {
    let mut key = Zeroizing::new([0; BLOCK]);
    if password.len() > BLOCK {
        key[..LENGTH].copy_from_slice(&Sha256::digest(password));
    } else {
        key[..password.len()].copy_from_slice(password);
    }
    for byte in key.iter_mut() {
        *byte ^= pad;
    }
    let mut state = INITIAL;
    compress256(&mut state, slice::from_ref(&*key));
    state
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn input() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
        (vec(any::<u8>(), 0..150), vec(any::<u8>(), 0..150))
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn two_keys_are_those_that_are_derived_alone(one in input(), other in input(), iterations in 1..6_u32) {
            let derived = derive([(&one.0, &one.1), (&other.0, &other.1)], iterations);
            for ((password, salt), key) in [one, other].iter().zip(derived) {
                let mut alone = [0; LENGTH];
                pbkdf2_hmac::<Sha256>(password, salt, iterations, &mut alone);
                prop_assert_eq!(*key, alone);
            }
        }
    }

    #[test]
    fn a_password_as_long_as_a_block_is_not_hashed_first() {
        for length in [BLOCK - 1, BLOCK, BLOCK + 1] {
            let (password, mut alone) = (vec![7; length], [0; LENGTH]);
            pbkdf2_hmac::<Sha256>(&password, b"salt", 2, &mut alone);
            let derived = derive([(&password, b"salt"), (&password, b"salt")], 2);
            assert_eq!([*derived[0], *derived[1]], [alone; 2], "{length}");
        }
    }
}
