//! AIO: event loops, threads and what passes between them.

mod context;
mod dangling_task;
mod get_event_loop;
mod greenlets;
mod run_in_running_loop;
mod task_without_loop;
mod unawaited_coroutine;

pub use dangling_task::DanglingTask;
pub use get_event_loop::GetEventLoop;
pub use run_in_running_loop::RunInRunningLoop;
pub use task_without_loop::TaskWithoutLoop;
pub use unawaited_coroutine::UnawaitedCoroutine;
