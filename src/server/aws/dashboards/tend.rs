//! What is done about dashboards while the service runs: refreshes that are due, and notes of those that ended.

use super::kept::Dashboard;
use super::values::Values;
use crate::server::aws::Api;
use traillake_aws_wire::error::ServiceError;

impl Api {
    /// Refreshes the dashboards whose time has come since they were refreshed last, each once, however often it came;
    /// and notes of refreshes how they ended. What fails is tried again the next time.
    pub async fn tend_dashboards(&self) {
        for dashboard in self.dashboards().unwrap_or_default() {
            // What is wrong with one keeps no other.
            let _ = self.tend_dashboard(&dashboard.name).await;
        }
    }

    async fn tend_dashboard(&self, name: &str) -> Result<(), ServiceError> {
        let Some(_in_hand) = self.busy_dashboards.take(name) else { return Ok(()) };
        let Some(dashboard) = self.find_dashboard(name)? else { return Ok(()) };
        let mut last = self.last_refresh(name)?;
        if let Some(refresh) = last.as_ref().filter(|refresh| !refresh.is_settled()) {
            let Some(settled) = self.settled(refresh)? else { return Ok(()) };
            self.keep_refresh(name, &settled)?;
            last = Some(settled);
        }
        let refreshed_at = last.map(|refresh| refresh.started_at);
        if is_due(&dashboard, refreshed_at, self.lake.now().timestamp_millis()) {
            self.refresh(&dashboard, &Values::at(self.lake.now())).await?;
        }
        Ok(())
    }
}

/// Whether it is time. Times before the dashboard got its schedule do not count.
fn is_due(dashboard: &Dashboard, refreshed_at: Option<i64>, now: i64) -> bool {
    let Some(kept) = &dashboard.kept else { return false };
    let since = refreshed_at.map_or(kept.scheduled_at, |at| at.max(kept.scheduled_at));
    let next = kept.refresh_schedule.as_ref().and_then(|schedule| schedule.next(since));
    next.is_some_and(|next| next <= now)
}
