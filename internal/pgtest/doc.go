// Package pgtest gives every test a PostgreSQL database of its own, with Vestnik's schema in it.
//
// The server is a private cluster of the test process, started by the first test that asks and ended by Run, which the
// package under test calls from TestMain:
//
//	func TestMain(m *testing.M) { pgtest.Run(m) }
//
//	func TestStore(t *testing.T) {
//		t.Parallel()
//		pool, err := pgxpool.New(t.Context(), pgtest.URL(t))
//
// It gives up durability for speed (Durable has it). With VESTNIK_TEST_DATABASE_URL set, databases are made on that
// server instead; its role must be a superuser. A machine without PostgreSQL fails the tests: they never skip.
package pgtest
