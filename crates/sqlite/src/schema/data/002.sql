-- What version 2 added: the store of version 1, in the middle of a rotation.
UPDATE header SET key_version = 2, names_key_version = 2, names_key = x'0c',
    previous_version = 1, previous_check = x'07', previous_kdf = x'09';
INSERT INTO key VALUES (1, x'55555555555555555555555555555555', 2, x'0d', 1700000000010);
