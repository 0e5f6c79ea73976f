// Package httpapi sends messages through a service with a JSON interface: one POST a message, with a bearer token
// (RFC 6750) and an Idempotency-Key that is the same on every try of a delivery
// (draft-ietf-httpapi-idempotency-key-header, its value bare, as services have it).
//
// # What is sent
//
//	POST /v1/send
//	Authorization: Bearer ‹token›
//	Idempotency-Key: ‹the delivery's stable id›
//	Content-Type: application/json
//
//	{
//	  "message_id": "<…@example.com>",
//	  "from": "Вестник <news@example.com>",
//	  "to": "ann@example.org",
//	  "subject": "…",
//	  "html": "…",
//	  "text": "…",
//	  "headers": {"List-Id": "…"}
//	}
//
// Domains are A-labels. html is left out of a message that has none. Nothing in the body differs between two tries.
//
// # What is understood
//
// A message is sent when the answer is 2xx and its body one JSON object of at most 64 KiB that gives the service's own
// id, a string or a number, as "id" or "message_id". Any other 2xx is rubbish: a captive portal says 200 as well.
//
// A refusal may be a JSON object (RFC 9457 or alike). Its "detail", "message", "title" or "error" is kept for people. Its
// "code" tells what is refused if it is "invalid_recipient", "mailbox_full", or an RFC 3463 code such as "5.1.1", which
// means what it means in SMTP; only so is an address ever suppressed. The rest goes by the status alone:
//
//	2xx with an id                          sent
//	401, 403                                untouched; the provider is stopped
//	408, 503                                deferred; the breaker's business
//	429                                     deferred; rate
//	409 to a message with a key, 425        deferred: the same message is being worked on
//	400, 409, 413, 414, 415, 422, 431       failed; the content
//	other 4xx                               failed; policy, a burst of which pauses the provider
//	2xx without an id, 3xx, 5xx             deferred with a key, else unknown; the breaker's business
//	loss, deadline or rubbish after the last byte of the body was written: the same
//	loss or deadline before it              deferred; the breaker's business
//	no connection: DNS, dial, TLS           untouched; the breaker's business
//
// # Trying again at once
//
// A message that was lost, found trouble (5xx) or was put off is tried up to three times more within the same call, and
// so within one try of the ledger, while the whole takes no longer than one request may. Retry-After (RFC 9110 §10.2.3), as seconds or a date,
// with 429 and 503 holds back the whole provider, not the one message alone: up to ten seconds are waited for, a longer
// pause, of which five minutes are believed, sends the rest of the batch back untouched.
//
// failsafe-go has the retry policy, the bulkhead and, inside provider.Guard, the breaker and the limiter. They are put
// together by hand, from the outside in: retry, bulkhead, pause, limiter, breaker, deadline. The library's own
// composition has traps, measured with 0.9.8: its retry puts the context's error in the place of a result that came
// while the context ended, so that a message that was sent would be reported as not sent; its Timeout does the same
// with its own error, and waits for a function that does not heed it; its breaker counts the caller's cancellations;
// its bulkhead keeps the permit of a function that panicked; and failsafehttp's Retry-After knows no dates, no bound,
// and has jitter that shortens it. net/http has one more: a request with an Idempotency-Key and GetBody is written a
// second time over a new connection without a word, past the breaker and the limiter, whatever the service makes of the
// key. So there is no GetBody.
package httpapi
