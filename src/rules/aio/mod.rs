//! AIO: event loops, threads and what passes between them.

mod blocking_in_coroutine;
pub(in crate::rules) mod context;
mod dangling_task;
mod decided;
mod edits;
mod get_event_loop;
mod lock_self_deadlock;
mod loop_touched_from_watcher;
mod prewarm_in_thread;
mod run_in_running_loop;
mod served;
mod task_without_loop;
mod threadsafe_result_deadlock;
mod unawaited_coroutine;

pub use blocking_in_coroutine::BlockingInCoroutine;
pub use dangling_task::DanglingTask;
pub use get_event_loop::GetEventLoop;
pub use lock_self_deadlock::LockSelfDeadlock;
pub use loop_touched_from_watcher::LoopTouchedFromWatcher;
pub use prewarm_in_thread::PrewarmInThread;
pub use run_in_running_loop::RunInRunningLoop;
pub use task_without_loop::TaskWithoutLoop;
pub use threadsafe_result_deadlock::ThreadsafeResultDeadlock;
pub use unawaited_coroutine::UnawaitedCoroutine;
