-- Rows of an import on their way into clients: COPY puts a batch here, and it is empty again when the transaction ends.
-- Each connection has a table of its own, which is not logged and goes with the connection.
CREATE TEMPORARY TABLE IF NOT EXISTS import_rows (
    uid        uuid  NOT NULL,
    email      text  NOT NULL,
    email_key  text  NOT NULL, -- none twice
    full_name  text  NOT NULL,
    comment    text  NOT NULL,
    attributes jsonb NOT NULL
) ON COMMIT DELETE ROWS;
