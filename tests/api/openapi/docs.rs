//! The reference page loads nothing from elsewhere and runs nothing but its own script.

use playhouse::openapi::docs::Docs;
use poem::{IntoResponse, http::header};

async fn page() -> (String, String) {
    let response = Docs.into_response();
    let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().expect("a policy is ASCII").to_owned();
    (policy, response.into_body().into_string().await.expect("a page is text"))
}

#[tokio::test]
async fn the_page_is_one_file_without_outside_requests() {
    let (_, page) = page().await;
    for outside in ["http://", "https://", "src=", "@import", " url("] {
        assert!(!page.contains(outside), "{outside}");
    }
    for placeholder in ["{nonce}", "{style}", "{script}"] {
        assert!(!page.contains(placeholder), "{placeholder}");
    }
    for unsafe_call in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "localStorage"] {
        assert!(!page.contains(unsafe_call), "{unsafe_call}");
    }
    assert_eq!(page.matches("</script>").count(), 1);
}

#[tokio::test]
async fn the_policy_allows_this_page_alone() {
    let (policy, page) = page().await;
    let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
    assert_eq!(nonce.len(), 32);
    assert!(
        page.contains(&format!("<script nonce=\"{nonce}\">")) && page.contains(&format!("<style nonce=\"{nonce}\">"))
    );
    assert!(!page.contains(" style=") && !page.contains(" onclick="), "inline attributes would be blocked");
    for rule in
        ["default-src 'none'", "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"]
    {
        assert!(policy.contains(rule), "{rule}");
    }
    assert!(!policy.contains("unsafe"));
    let (other, _) = self::page().await;
    assert_ne!(policy, other, "a nonce is used once");
}
