PRAGMA user_version = 1;
CREATE TABLE conversations (
    conversation_key INTEGER PRIMARY KEY,
    conversation_id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL DEFAULT '',
    title_source TEXT NOT NULL DEFAULT 'first message',
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    endpoint TEXT NOT NULL DEFAULT '',
    model TEXT NOT NULL DEFAULT '',
    is_pinned INTEGER NOT NULL DEFAULT 0,
    leaf_id TEXT,
    unsent_text TEXT NOT NULL DEFAULT '',
    deleted_at REAL
);
CREATE TABLE messages (
    message_key INTEGER PRIMARY KEY, -- ascending in the order of arrival
    conversation_key INTEGER NOT NULL REFERENCES conversations,
    message_id TEXT NOT NULL,
    parent_id TEXT,
    role TEXT NOT NULL,
    created_at REAL NOT NULL,
    body TEXT NOT NULL, -- the message as JSON; its parent is the one above
    search_key INTEGER UNIQUE, -- its row in message_words, NULL when it has none
    owner TEXT, -- the instance that is writing it, NULL when it is finished
    is_recovered INTEGER NOT NULL DEFAULT 0, -- its instance died; nobody has taken it up
    removed_at REAL,
    UNIQUE (conversation_key, message_id)
);
CREATE INDEX shown_messages ON messages (conversation_key) WHERE removed_at IS NULL;
CREATE INDEX open_messages ON messages (owner) WHERE owner IS NOT NULL;
CREATE INDEX recovered_messages ON messages (conversation_key) WHERE is_recovered = 1;
CREATE INDEX removed_messages ON messages (removed_at) WHERE removed_at IS NOT NULL;
CREATE INDEX prompts ON messages (created_at) WHERE role = 'user' AND removed_at IS NULL;
CREATE TABLE growth ( -- what came for open replies since `body` was written
    growth_key INTEGER PRIMARY KEY,
    message_key INTEGER NOT NULL REFERENCES messages,
    changes TEXT NOT NULL
);
CREATE INDEX growth_of_message ON growth (message_key);
CREATE VIRTUAL TABLE message_words USING fts5(
    words, content='', columnsize=0, tokenize='ascii', prefix='1 2'
);
CREATE VIRTUAL TABLE title_words USING fts5(
    words, content='', columnsize=0, tokenize='ascii', prefix='1 2'
);
INSERT INTO conversations VALUES (1, 'first', 'The weather', 'model', 1700000000.0, 1700000000.0, 'lab', 'model-a', 1, 'r', '', NULL);
INSERT INTO conversations VALUES (2, 'second', 'A question', 'first message', 1700000000.0, 1700000000.0, 'lab', 'model-a', 0, NULL, 'half a', NULL);
INSERT INTO conversations VALUES (3, 'third', 'deleted', 'first message', 1700000000.0, 1700000000.0, 'lab', 'model-a', 0, NULL, '', 4000000000.0);
INSERT INTO messages VALUES (1, 1, 'u', NULL, 'user', 1700000000.0, '{"id":"u","role":"user","parts":[{"type":"text","text":"Tell me of 中国"}],"created_at":1700000000.0,"model":{"endpoint":"lab","model":"model-a"},"ending":"finished"}', 1700000000, NULL, 0, NULL);
INSERT INTO messages VALUES (2, 1, 'r', 'u', 'assistant', 1700000000.0, '{"id":"r","parent_id":"u","role":"assistant","parts":[{"type":"reasoning","text":"thinking"},{"type":"tool_call","id":"call_1","name":"get_weather","arguments":"{\"city\":\"北京\"}"},{"type":"tool_result","tool_call_id":"call_1","content":"sunny","status":"finished","elapsed_s":0.5},{"type":"text","text":"It is sunny."}],"created_at":1700000000.0,"model":{"endpoint":"lab","model":"model-a"},"ending":"finished","finish_reason":"stop","usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,"cached_tokens":0,"reasoning_tokens":1,"is_estimated":false},"timing":{"ttft_s":0.1,"generation_s":0.2,"elapsed_s":0.3},"cost_usd":0.01}', 1700000001, NULL, 0, NULL);
INSERT INTO messages VALUES (3, 1, 'r2', 'u', 'assistant', 1700000000.0, '{"id":"r2","parent_id":"u","role":"assistant","parts":[{"type":"text","text":"Another try"}],"created_at":1700000000.0,"model":{"endpoint":"lab","model":"model-a"},"ending":"cut","failure":{"kind":"cut","summary":"It was cut.","next_step":"","actions":["retry"],"status":null,"server_words":"","request_id":"","retry_after_s":null}}', 1700000002, NULL, 0, NULL);
INSERT INTO messages VALUES (4, 2, 'u', NULL, 'user', 1700000000.0, '{"id":"u","role":"user","parts":[{"type":"text","text":"A question"}],"created_at":1700000000.0,"model":{"endpoint":"lab","model":"model-a"},"ending":"finished"}', 1700000006, NULL, 0, NULL);
INSERT INTO messages VALUES (5, 2, 'x', 'u', 'assistant', 1700000000.0, '{"id":"x","parent_id":"u","role":"assistant","parts":[{"type":"text","text":"removed"}],"created_at":1700000000.0,"model":{"endpoint":"lab","model":"model-a"},"ending":"finished"}', NULL, NULL, 0, 1.7954095959481334686e+09);
INSERT INTO messages VALUES (6, 3, 'u', NULL, 'user', 1700000000.0, '{"id":"u","role":"user","parts":[{"type":"text","text":"deleted"}],"created_at":1700000000.0,"model":{"endpoint":"lab","model":"model-a"},"ending":"finished"}', 1700000003, NULL, 0, NULL);
INSERT INTO messages VALUES (7, 2, 'r', 'u', 'assistant', 1700000000.0, '{"id":"r","parent_id":"u","role":"assistant","parts":[],"created_at":1700000000.0,"model":{"endpoint":"lab","model":"model-a"},"ending":"finished"}', NULL, '8cda0f05e8fe4190ba564eb81e04bf8a', 0, NULL);
INSERT INTO growth VALUES (1, 7, '[[0,{"type":"text","text":""}],[0,"Half an answ"]]');
INSERT INTO message_words (rowid, words) VALUES (1700000000, 'tell me of 中 国');
INSERT INTO message_words (rowid, words) VALUES (1700000001, 'get weather city 北 京 sunny it is sunny');
INSERT INTO message_words (rowid, words) VALUES (1700000002, 'another try');
INSERT INTO message_words (rowid, words) VALUES (1700000006, 'a question');
INSERT INTO message_words (rowid, words) VALUES (1700000003, 'deleted');
INSERT INTO title_words (rowid, words) VALUES (1, 'the weather');
INSERT INTO title_words (rowid, words) VALUES (2, 'a question');
INSERT INTO title_words (rowid, words) VALUES (3, 'deleted');
