//! The master key: rotated while everything else goes on, and looked at.

use std::fs::File;
use std::io;

use anyhow::Context;
use sessions::manager::{self, KeyCheck, RotationReport};
use sessions::store::rows::Header;
use sessions::vault::KeyText;

use crate::control::{Answer, Progress};
use crate::key::read_text;

use super::{Office, Tell};

impl Office {
    pub(super) async fn rotate(&self, file: File, tell: &mut Tell<'_>) -> anyhow::Result<Answer> {
        let new = read(file)?;
        let report = self.manager.rotate(new, |come| told(tell, come)).await?;
        Ok(rotated(report))
    }

    pub(super) async fn finish_rotation(&self, tell: &mut Tell<'_>) -> anyhow::Result<Answer> {
        let report = self.manager.resume_rotation(|come| told(tell, come)).await?;
        let version = self.manager.key_version().0;
        Ok(report.map_or(Answer::NothingToRotate { version }, rotated))
    }

    pub(super) async fn check_key(&self, file: File) -> anyhow::Result<Answer> {
        Ok(checked(self.manager.check_key(&read(file)?).await?))
    }
}

/// Which master key the one in a file is, for a database that nobody has opened.
pub(crate) fn check_by_header(header: &Header, file: File) -> anyhow::Result<Answer> {
    Ok(checked(manager::check_key(header, &read(file)?)?))
}

fn checked(KeyCheck { version, current, leaving }: KeyCheck) -> Answer {
    Answer::KeyChecked {
        version: version.map(|version| version.0),
        current: current.0,
        leaving: leaving.map(|leaving| leaving.0),
    }
}

/// A rotation goes on, whether somebody listens or not.
fn told(tell: &mut Tell<'_>, come: manager::Progress) {
    let _: io::Result<()> = tell(Progress { done: come.done, of: come.total });
}

fn rotated(report: RotationReport) -> Answer {
    let RotationReport { version, keys, scrubbed } = report;
    Answer::Rotated { version: version.0, keys, scrubbed }
}

fn read(file: File) -> anyhow::Result<KeyText> {
    Ok(KeyText::parse(&read_text(file).context("the key cannot be read")?)?)
}
