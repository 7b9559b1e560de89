//! HF: Hugging Face Spaces.

mod card_values;
mod ignored_dockerfile;
mod invalid_space_card;
mod large_file_without_lfs;
mod missing_app_file;
mod missing_requirements;
mod sdk_version_mismatch;
mod short_description_too_long;
mod sync_without_card;

pub use ignored_dockerfile::IgnoredDockerfile;
pub use invalid_space_card::InvalidSpaceCard;
pub use large_file_without_lfs::LargeFileWithoutLfs;
pub use missing_app_file::MissingAppFile;
pub use missing_requirements::MissingRequirements;
pub use sdk_version_mismatch::SdkVersionMismatch;
pub use short_description_too_long::ShortDescriptionTooLong;
pub use sync_without_card::SyncWithoutCard;

use crate::deployment::Deployment;
use crate::deployment::space::{self, Card};

/// The card of the Space that this deployment is; `None` for anything else.
fn card_of<'d>(deployment: &Deployment<'d>) -> Option<Card<'d>> {
    if !deployment.platform().value.is_any_space() {
        return None;
    }
    space::cards(deployment.documents()).into_iter().find(|card| card.root() == *deployment.root())
}
