//! Signs of life of the daemon's loops.
//!
//! A pulse beats whenever its loop is looked at by the runtime, also while the loop only waits. What silences it is a
//! loop that holds its thread, or a runtime that has none left: a hang, and nothing else.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// How many beats a loop can leave out before it hangs.
const HANG: u32 = 4;

/// The signs of life of one loop.
#[derive(Debug)]
pub(crate) struct Pulse {
    began: Instant,
    /// Milliseconds from `began` to the last beat.
    last: AtomicU64,
    /// How often it beats; `None` where nobody listens.
    every: Option<Duration>,
}

impl Pulse {
    fn beat(&self) {
        let since = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(since, Relaxed);
    }

    fn silence(&self) -> Duration {
        self.began.elapsed().saturating_sub(Duration::from_millis(self.last.load(Relaxed)))
    }

    /// Brings something to its end, and beats meanwhile.
    pub(crate) async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        let Some(every) = self.every else { return work.await };
        let mut work = std::pin::pin!(work);
        self.beat();
        let mut beats = tokio::time::interval(every);
        loop {
            tokio::select! {
                biased;
                _ = beats.tick() => self.beat(),
                done = &mut work => return done,
            }
        }
    }
}

/// A loop's name and its pulse, as long as that is there.
type Named = (&'static str, Weak<Pulse>);

/// The pulses of all loops that are at work. All clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Pulses {
    every: Option<Duration>,
    all: Arc<Mutex<Vec<Named>>>,
}

impl Pulses {
    /// Pulses that beat so often; without a time, nobody listens and none beats.
    pub(crate) fn every(every: Option<Duration>) -> Self {
        Self { every, all: Arc::default() }
    }

    /// The pulse of a loop; it counts until it is dropped.
    pub(crate) fn add(&self, name: &'static str) -> Arc<Pulse> {
        let (began, last) = (Instant::now(), AtomicU64::new(0));
        let pulse = Arc::new(Pulse { began, last, every: self.every });
        self.all().push((name, Arc::downgrade(&pulse)));
        pulse
    }

    /// A loop that has given no sign of life for so long, if there is one.
    pub(crate) fn silent_for(&self, most: Duration) -> Option<&'static str> {
        let mut all = self.all();
        all.retain(|(_, pulse)| pulse.strong_count() > 0);
        let is_silent =
            |pulse: &Weak<Pulse>| pulse.upgrade().is_some_and(|pulse| pulse.silence() > most);
        all.iter().find(|(_, pulse)| is_silent(pulse)).map(|(name, _)| *name)
    }

    /// Answers a line for each loop that has given no sign of life for too long.
    pub(crate) fn lines(&self) -> Box<dyn Fn() -> Vec<String> + Send + Sync> {
        let pulses = self.clone();
        let most = self.every.map(|every| every * HANG);
        Box::new(move || {
            let silent = most.and_then(|most| pulses.silent_for(most));
            silent.map(|name| format!("{name}: no sign of life")).into_iter().collect()
        })
    }

    fn all(&self) -> MutexGuard<'_, Vec<Named>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: Duration = Duration::from_secs(20);

    /// A pulse that last beat so long ago.
    fn silent(pulses: &Pulses, name: &'static str, since: Duration) -> Arc<Pulse> {
        let pulse = pulses.add(name);
        let began = Instant::now().checked_sub(since).expect("the machine is up for longer");
        let pulse_then = Arc::new(Pulse { began, last: AtomicU64::new(0), every: pulses.every });
        let mut all = pulses.all();
        all.last_mut().expect("it was added").1 = Arc::downgrade(&pulse_then);
        drop((all, pulse));
        pulse_then
    }

    #[test]
    fn who_is_silent_for_long_is_named() {
        let pulses = Pulses::every(Some(MOST / 4));
        let _lively = pulses.add("lively");
        assert_eq!(pulses.silent_for(MOST), None);
        let hung = silent(&pulses, "hung", MOST * 2);
        assert_eq!(pulses.silent_for(MOST), Some("hung"));
        hung.beat();
        assert_eq!(pulses.silent_for(MOST), None);
    }

    #[test]
    fn a_loop_that_has_ended_is_not_waited_for() {
        let pulses = Pulses::every(Some(MOST / 4));
        drop(silent(&pulses, "ended", MOST * 2));
        assert_eq!(pulses.silent_for(MOST), None);
    }

    #[tokio::test]
    async fn waiting_is_no_silence() {
        let pulses = Pulses::every(Some(MOST / 4));
        let pulse = silent(&pulses, "waiting", MOST * 2);
        let until_seen = async {
            assert_eq!(pulses.silent_for(MOST), None);
        };
        pulse.during(until_seen).await;
    }
}
