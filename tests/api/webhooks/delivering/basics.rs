//! One worker, one endpoint.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_by_the_api_arrives_signed_and_is_noted_as_delivered() {
    let scene = Scene::set().await;
    let receiver = Receiver::start().await;
    let webhook = scene.endpoint(&format!("{}/hook?a=b", receiver.url)).await;
    scene.player("P-1").await;
    let request = receiver.wait_for(1).await.remove(0);
    assert_eq!(request.line, "POST /hook?a=b HTTP/1.1");
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!((&body["type"], &body["data"]["external_id"]), (&json!("player.created"), &json!("P-1")));
    assert!(request.header("webhook-signature").starts_with("v1,"));
    scene.until("select count(*) from webhook_deliveries where state = 'delivered'", 1).await;
    let noted = format!(
        "select count(*) from webhook_attempts a join webhook_deliveries d on d.id = a.delivery_id \
         join events e on e.id = d.event_id where a.webhook_id = '{webhook}' and a.number = 1 and a.status = 200 \
         and a.error is null and a.response_excerpt = 'ok' and a.trigger = 'scheduled' and a.next_attempt_at is null \
         and d.attempts = 1 and d.last_status = 200 and d.claim_id is null and d.lease_until is null \
         and d.attempted_at >= d.created_at and d.finished_at >= d.attempted_at and e.id = '{}'",
        request.id()
    );
    assert_eq!(scene.number(&noted).await, 1);
    scene.app.stop().await;
}
