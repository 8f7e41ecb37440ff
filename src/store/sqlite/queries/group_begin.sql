BEGIN IMMEDIATE;
SELECT COALESCE((SELECT MAX(number) FROM receipt), 0) AS receipt,
       COALESCE((SELECT MAX(sequence) FROM audit), 0) AS sequence,
       COALESCE((SELECT a.hash FROM audit AS a ORDER BY a.sequence DESC LIMIT 1), '') AS hash,
       (SELECT version FROM settlement WHERE number = 1) AS settlement
