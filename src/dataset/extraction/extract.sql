-- The figures of one slice of a form: every cell whose source observations are all there.
-- Tables: sources (one row for each observation that a cell needs), observations (in atoms), columns (how each column shows atoms).
-- Factors are whole numbers over one divisor for each cell. A sum over Decimal256 cannot overflow here: an observation has at most 38 digits, a
-- factor 15, and no slice has 10^10 sources.
WITH cell AS (
    SELECT
        s.cell_row,
        s.cell_column,
        count(*) AS n_wanted,
        count(o.unit) AS n_held,
        count(o.atoms) AS n_numbers,
        min(o.dimension) AS lowest_dimension,
        max(o.dimension) AS highest_dimension,
        min(s.divisor) AS divisor,
        sum(arrow_cast(arrow_cast(o.atoms, 'Decimal256(48, 10)') * s.factor, 'Decimal256(66, 10)')) AS atoms,
        max(o.text) AS text
    FROM sources AS s
    LEFT JOIN observations AS o ON s.unit = o.unit AND s.element = o.element AND s.period = o.period
    GROUP BY s.cell_row, s.cell_column
)
SELECT
    cell.cell_row,
    cell.cell_column,
    cell.n_wanted,
    cell.n_numbers,
    cell.lowest_dimension,
    cell.highest_dimension,
    figure_of_atoms(arrow_cast(cell.atoms, 'Decimal256(76, 10)'), arrow_cast(c.unit_mantissa * cell.divisor, 'Decimal128(38, 0)'), c.unit_scale, c.decimals) AS mantissa,
    cell.text
FROM cell
JOIN columns AS c ON cell.cell_column = c.cell_column
WHERE cell.n_held = cell.n_wanted
