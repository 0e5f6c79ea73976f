-- +goose Up
-- A chunk is updated once a window of 50 recipients. Checking its window against the array itself had the whole array read,
-- and unpacked, each time; its size is kept beside it. Generated columns are only worked out where the array is written.
ALTER TABLE chunks DROP CONSTRAINT chunks_check;
ALTER TABLE chunks ADD COLUMN size integer GENERATED ALWAYS AS (cardinality(client_ids)) STORED;
ALTER TABLE chunks ADD CONSTRAINT chunks_window CHECK (0 <= window_from AND window_from <= window_to AND window_to <= size);
ALTER TABLE chunks ALTER COLUMN client_ids SET STORAGE EXTERNAL;

-- PostgreSQL parsed every event as JSON before it kept it for the milliseconds until it is published; nobody asks it anything
-- about them. Text, because senders of the version before go on writing: json is assigned to text by itself.
ALTER TABLE outbox ALTER COLUMN payload TYPE text;
-- The largest of them, of finished chunks, are 100 KB. LZ4 makes a quarter of that in less time than the rest takes to be logged
-- and kept; servers built without it keep events as they are.
-- +goose StatementBegin
DO $$ BEGIN
    ALTER TABLE outbox ALTER COLUMN payload SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    ALTER TABLE outbox ALTER COLUMN payload SET STORAGE EXTERNAL;
END $$;
-- +goose StatementEnd

-- +goose Down
ALTER TABLE outbox ALTER COLUMN payload TYPE json USING payload::json;
ALTER TABLE outbox ALTER COLUMN payload SET STORAGE EXTERNAL;
ALTER TABLE chunks DROP CONSTRAINT chunks_window;
ALTER TABLE chunks DROP COLUMN size;
ALTER TABLE chunks ADD CONSTRAINT chunks_check
    CHECK (0 <= window_from AND window_from <= window_to AND window_to <= cardinality(client_ids));
ALTER TABLE chunks ALTER COLUMN client_ids SET STORAGE EXTENDED;
