package app

import "net/http"

// gateway returns the REST API.
func (p *parts) gateway(mailbox http.Handler) (http.Handler, error) {
	mux := p.health()
	if mailbox != nil {
		mux.Handle("/mailbox", mailbox)
		mux.Handle("/mailbox/", mailbox)
	}
	return mux, nil
}
