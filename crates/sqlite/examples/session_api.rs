//! The library's calls, one after another: run it with `cargo run -p sqlite --example session_api`.
//!
//! It works in a folder of its own under the system's temporary one, which it removes at the end.

use std::time::Duration;

use sessions::export::ExportFormat;
use sessions::manager::{
    AddMessage, Cleanup, ContextOptions, ExportOptions, GetOrCreate, HistoryFormat, HistoryOptions,
    HistoryView, ResetTarget, SaveCheckpoint,
};
use sessions::model::{Role, Scope, Strategy, Usage};
use sessions::reset::TimeOfDay;
use sqlite::SessionManagerBuilder;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::temp_dir().join(format!("session-api-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let ended = tour(&folder).await;
    std::fs::remove_dir_all(&folder)?;
    ended
}

#[expect(clippy::too_many_lines, reason = "one call after another is what it shows")]
async fn tour(folder: &std::path::Path) -> Result<(), Box<dyn std::error::Error>> {
    // Create a session manager.
    let sessions = SessionManagerBuilder::new(folder.join("sessions.db"))
        .scope(Scope::PerChannelPeer)
        .daily_reset(TimeOfDay::new(0, 0).ok_or("no such time")?)
        .idle_reset_minutes(30)
        .encryption_key("passphrase:correct horse battery staple")
        .open()
        .await?;

    // Get or create a session.
    let user = GetOrCreate {
        user_id: "user-123".to_owned(),
        channel_id: "telegram-456".to_owned(),
        peer_id: Some("peer-789".to_owned()),
    };
    let session = sessions.get_or_create_session(&user).await?;
    println!("Session ID: {}", session.id);
    println!("Created: {}", session.created_at.to_rfc3339());
    println!("Messages: {}", session.message_count);
    println!("Last activity: {}", session.last_activity_at.to_rfc3339());

    // Add messages to its history.
    let question = "What is my portfolio value?".to_owned();
    let add =
        AddMessage { session_id: session.id, role: Role::User, content: question, usage: None };
    sessions.add_message(add).await?;
    let answer = AddMessage {
        session_id: session.id,
        role: Role::Assistant,
        content: "Your portfolio is worth $10,234.56".to_owned(),
        usage: Some(Usage { input_tokens: 500, output_tokens: 200 }),
    };
    sessions.add_message(answer).await?;

    // Get the history.
    let newest = HistoryOptions { limit: Some(50), format: HistoryFormat::Messages };
    if let HistoryView::Messages(messages) = sessions.get_history(session.id, newest).await? {
        for message in messages {
            println!("[{}] {}", message.words.role.word(), message.words.content);
        }
    }

    // Checkpoints.
    let save = SaveCheckpoint {
        session_id: session.id,
        name: Some("Before major change".to_owned()),
        description: Some("Saving state before refactoring trading strategy".to_owned()),
    };
    let checkpoint = sessions.save_checkpoint(save).await?;
    println!("Checkpoint ID: {}", checkpoint.id);
    println!("Messages saved: {}", checkpoint.message_count());
    for found in sessions.list_checkpoints(session.id).await? {
        println!("{}: {} ({} messages)", found.id.short(), found.name, found.message_count());
    }

    // Clear the conversation but keep the session, then restore the checkpoint.
    println!("Cleared: {} messages", sessions.clear_history(session.id).await?);
    let restored = sessions.restore_checkpoint(checkpoint.id).await?;
    println!("Restored: {} messages", restored.message_count);

    // Export.
    let markdown = ExportOptions { format: ExportFormat::Markdown { metadata: true } };
    println!("{}", sessions.export(session.id, markdown).await?);
    let json = sessions.export(session.id, ExportOptions { format: ExportFormat::Json }).await?;
    let imported = sessions.import(&user, &json).await?;
    println!("Imported again: {} messages", imported.message_count);

    // Context for a model.
    let context = ContextOptions {
        session_id: session.id,
        max_tokens: 100_000,
        strategy: Some(Strategy::Smart),
    };
    let context = sessions.get_context_history(context).await?;
    println!("Context: {} messages, {} tokens", context.messages.len(), context.total_tokens());

    // Delete the checkpoint, reset to a new session.
    sessions.delete_checkpoint(checkpoint.id).await?;
    let target: ResetTarget = user.clone();
    println!("New session: {}", sessions.reset(&target).await?.id);

    // Clean up.
    let cleanup = Cleanup {
        older_than: Duration::from_secs(30 * 86_400),
        keep_checkpoints: true,
        dry_run: false,
    };
    let report = sessions.cleanup(cleanup).await?;
    println!("Cleaned up: {} sessions, {} messages", report.sessions, report.messages);
    Ok(())
}
