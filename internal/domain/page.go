package domain

// MaxPage bounds how many items one call lists.
const MaxPage = 1000

// Page asks for a part of a list, newest first.
type Page struct {
	Limit int // 1 to MaxPage
	After ID  // the last item of the page before; zero: from the newest
}
