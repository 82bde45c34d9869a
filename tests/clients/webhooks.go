// Tries a function Verify(secret, headers, body) on a delivery that was captured.
// usage: go run webhooks.go VERIFY.go CAPTURE
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
	"strings"
)

func main() {
	var capture struct {
		Headers        map[string]string
		Body, Stranger string
		Secrets        []string
	}
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	if err := json.Unmarshal(text, &capture); err != nil {
		log.Fatal(err)
	}
	headers := func(change ...string) http.Header {
		all := http.Header{}
		for name, value := range capture.Headers {
			all.Set(name, value)
		}
		if len(change) == 2 {
			all.Set(change[0], change[1])
		}
		return all
	}
	refuses := func(why, secret string, headers http.Header, body string) {
		if Verify(secret, headers, []byte(body)) == nil {
			log.Fatal("accepted with ", why)
		}
	}
	signature := capture.Headers["webhook-signature"]
	for _, secret := range capture.Secrets {
		if err := Verify(secret, headers(), []byte(capture.Body)); err != nil {
			log.Fatal(err)
		}
		refuses("another body", secret, headers(), strings.ReplaceAll(capture.Body, "player", "plaxer"))
		refuses("a byte more", secret, headers(), capture.Body+" ")
		refuses("another id", secret, headers("webhook-id", "another"), capture.Body)
		refuses("an old time", secret, headers("webhook-timestamp", "1700000000"), capture.Body)
		refuses("no time", secret, headers("webhook-timestamp", "x"), capture.Body)
		refuses("another version", secret, headers("webhook-signature", strings.ReplaceAll(signature, "v1,", "v2,")), capture.Body)
		refuses("half a signature", secret, headers("webhook-signature", signature[:20]), capture.Body)
		refuses("no signature", secret, headers("webhook-signature", ""), capture.Body)
	}
	refuses("a secret that did not sign", capture.Stranger, headers(), capture.Body)
}
