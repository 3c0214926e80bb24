-- The master key before, while a rotation is under way: all three are there, or version and check value are missing.
ALTER TABLE header ADD COLUMN previous_version INTEGER;
ALTER TABLE header ADD COLUMN previous_check BLOB;
ALTER TABLE header ADD COLUMN previous_kdf BLOB;
