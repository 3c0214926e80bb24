//! What can go wrong when the manager works: a refusal for the person who asked, or a fault for the operator.

use crate::environment::EntropyError;
use crate::refusal::Refusal;
use crate::seal::OpenRowError;
use crate::store::StoreError;

/// Why a request was not done. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The person who asked can do something about it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Only the operator can.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Ours or the world's doing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Reading or committing failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A row does not open.
    #[error(transparent)]
    Row(#[from] OpenRowError),
    /// A key does not unwrap.
    #[error("the key of {of} does not unwrap")]
    Key {
        /// Whose key it is.
        of: String,
        /// Why.
        #[source]
        source: vault::UnwrapKeyError,
    },
    /// Sealing failed.
    #[error("sealing failed")]
    Seal(#[from] vault::SealError),
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// A commit lost the race against others this often.
    #[error("the lane was changed by somebody else {0} times in a row")]
    Contended(u32),
}

macro_rules! faults {
    ($($error:ty),*) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::Fault(Fault::from(error))
            }
        }
    )*};
}

faults!(StoreError, OpenRowError, vault::SealError, EntropyError);
