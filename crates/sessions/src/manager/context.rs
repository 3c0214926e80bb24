//! Contexts of stored sessions: reading what `context` chooses from, and keeping what it makes of it.
//!
//! It reads the newest messages until they fill the room, and of the rest only what is important, by index: the length
//! of a session costs nothing. Where the newest user message lies far back, all between is looked through.
//!
//! Invariant: the conversation is never changed. What is written are token counts, and summaries beside the messages;
//! if that fails, the context stands all the same.

mod important;
mod reader;
mod source;
#[cfg(test)]
mod tests;

use std::future::{Future, ready};

use crate::context::material::Material;
use crate::context::select::{recent, smart};
use crate::context::summary::{SummaryFailed, SummaryTask, extract};
use crate::context::{Context, ContextRequest, FellBack, Outline, Tokenizer};
use crate::environment::Environment;
use crate::error::{Failure, Fault};
use crate::line::SessionKey;
use crate::model::{Role, Session, Strategy, Summary};
use crate::seal;
use crate::store::rows::{SessionRow, Write};
use crate::store::{Commit, Committed, Store};

use super::SessionManager;
use reader::Reader;

/// How often keeping a summary is tried while others change the lane.
const ATTEMPTS: u32 = 3;

impl<S: Store, E: Environment> SessionManager<S, E> {
    /// The context of a session. A summary that is due is written without a model.
    ///
    /// # Errors
    /// A refusal when the newest question alone exceeds the budget; a fault of the store.
    pub async fn context_of(
        &self,
        session: &Session,
        request: &ContextRequest,
    ) -> Result<Context, Failure> {
        self.context_with(session, request, |task| ready(extract(Tokenizer::default(), &task)))
            .await
    }

    /// The context of a session. A summary that is due is written by `write`, which is called at most once; what it
    /// writes beyond what the task allows is made shorter. If it fails, the context is what `smart` makes it, and says so.
    ///
    /// # Errors
    /// A refusal when the newest question alone exceeds the budget; a fault of the store.
    pub async fn context_with<Writing>(
        &self,
        session: &Session,
        request: &ContextRequest,
        write: impl FnOnce(SummaryTask) -> Writing + Send,
    ) -> Result<Context, Failure>
    where
        Writing: Future<Output = Result<String, SummaryFailed>> + Send,
    {
        let key = self.needed_key(session.id).await?;
        let of = SessionKey { id: session.id, key: &key };
        let mut reader = Reader::new(&self.inner.store, of, session.end, request.room());
        let tokenizer = reader.tokenizer;
        let mut material = reader.newest().await?;
        let context = match request.strategy {
            Strategy::Recent => recent(tokenizer, &material, request)?,
            Strategy::Smart | Strategy::Summarize if reader.fits(&material) => {
                recent(tokenizer, &material, request)?
            }
            Strategy::Smart => smart_of(&mut reader, &mut material, request, None).await?,
            Strategy::Summarize => {
                material.important = reader.important(&material, Some(Role::System)).await?;
                let outline = Outline::new(tokenizer, &material, request)?;
                let summarized = match outline {
                    Ok(outline) => self.summarized(session, &mut reader, outline, write).await?,
                    Err(no_room) => Err(no_room),
                };
                match summarized {
                    Ok(context) => context,
                    Err(why) => smart_of(&mut reader, &mut material, request, Some(why)).await?,
                }
            }
        };
        reader.note_counts().await;
        Ok(context)
    }

    async fn summarized<Writing>(
        &self,
        session: &Session,
        reader: &mut Reader<'_, S>,
        outline: Outline<'_>,
        write: impl FnOnce(SummaryTask) -> Writing + Send,
    ) -> Result<Result<Context, FellBack>, Fault>
    where
        Writing: Future<Output = Result<String, SummaryFailed>> + Send,
    {
        let stored = reader.summary(outline.last()).await?;
        let covered = stored.as_ref().map_or(0, |summary| summary.upto.position);
        let Some(end) = outline.due(covered) else { return Ok(outline.finish(stored)) };
        let task = reader.summary_task(end, outline.share).await?;
        let text = match write(task.clone()).await {
            Ok(text) => text,
            Err(why) => return Ok(Err(FellBack::Failed(why))),
        };
        let created_at = self.inner.environment.now();
        let summary = Summary { upto: task.upto, created_at, text };
        let context = outline.finish(Some(summary));
        if let Ok(Context { summary: Some(summary), .. }) = &context {
            // Best effort: what is not kept is written again.
            let _kept = self.keep_summary(session, reader, &task, summary).await;
        }
        Ok(context)
    }

    /// Keeps a summary, unless what it was made from has changed since: somebody may have been forgotten meanwhile.
    async fn keep_summary(
        &self,
        session: &Session,
        reader: &mut Reader<'_, S>,
        task: &SummaryTask,
        summary: &Summary,
    ) -> Result<bool, Fault> {
        let key = self.needed_key(session.id).await?;
        let row = seal::seal_summary(&key, &session.id, summary)?;
        for _ in 0..ATTEMPTS {
            let Some(loaded) = self.inner.store.lane(session.lane).await? else { break };
            let again = reader.summary_task(task.upto.position, task.share()).await?;
            if again != *task {
                break;
            }
            let mut writes = vec![Write::PutSummary(row.clone())];
            if loaded.session.id == session.id {
                // Its seal counts as well. Any other session is closed, and seals little more.
                writes.push(Write::PutSession(SessionRow { seals: key.seals(), ..loaded.session }));
            }
            let expect = vec![(session.lane, loaded.lane.version)];
            let commit = Commit { expect, writes, ..Commit::default() };
            match self.inner.store.commit(commit).await? {
                Committed::Done(_) => return Ok(true),
                Committed::Conflict => {}
                Committed::Spent | Committed::Known => break,
            }
        }
        Ok(false)
    }
}

async fn smart_of<S: Store>(
    reader: &mut Reader<'_, S>,
    material: &mut Material,
    request: &ContextRequest,
    fell_back: Option<FellBack>,
) -> Result<Context, Failure> {
    material.first = reader.first_question(material).await?;
    material.important = reader.important(material, None).await?;
    Ok(smart(reader.tokenizer, material, request, fell_back)?)
}
