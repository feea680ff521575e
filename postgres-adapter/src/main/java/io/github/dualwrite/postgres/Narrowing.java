package io.github.dualwrite.postgres;

import io.github.dualwrite.Json;
import io.github.dualwrite.spi.MappingException;
import java.math.BigDecimal;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Refuses values that a column would change without an error: round, cut, fill up with blanks, or leave members of a document out. A record that arrives as another one would
 * differ from the authority's for ever. Values that do not fit at all are refused by the server.
 *
 * <p>Parts of a microsecond are not refused where a column has all microseconds: no type of PostgreSQL has more, and nearly every time of
 * a clock would be parked. The application cuts them.
 */
final class Narrowing {

    private static final Pattern DECLARED = Pattern.compile("([a-z ]+?)\\((\\d+)(?:,(-?\\d+))?\\)( .*)?");
    private static final Pattern FRACTION = Pattern.compile("\\.(\\d+)");
    private static final int MICROS = 6;

    private final List<? extends TableMapping.Column<?>> columns;
    private final TableLayout layout;

    Narrowing(TableMapping<?, ?> mapping, TableLayout layout) {
        this.columns = mapping.columns();
        this.layout = layout;
    }

    /** Refuses the changes if one of them would be stored as something else, naming the column. */
    void check(List<? extends Change<?, ?>> changes) {
        for (int i = 0; i < columns.size(); i++) {
            TableLayout.Fact fact = layout.fact(columns.get(i).name());
            Matcher declared = DECLARED.matcher(fact.declared());
            boolean single = fact.baseType().equals("float4") && columns.get(i).type() == ColumnType.DOUBLE;
            boolean document = fact.baseType().equals("jsonb");
            if (fact.computed() || (!single && !document && !declared.matches())) {
                continue;
            }
            for (Change<?, ?> change : changes) {
                String text = change.column(i);
                if (text != null && document && new Json(text).repeatsNames()) {
                    throw new MappingException("column " + columns.get(i).name() + " of type jsonb keeps one of several"
                            + " members of one name, and the document has such; mend it, or make the column json");
                }
                if (text != null
                        && !document
                        && !(single ? keptByFloat(text) : kept(fact.baseType(), declared, text))) {
                    throw new MappingException("column " + columns.get(i).name() + " of type " + fact.declared()
                            + " would hold something else than the value: rounded, cut or filled up");
                }
            }
        }
    }

    private static boolean keptByFloat(String text) {
        return Double.compare(Float.parseFloat(text), Double.parseDouble(text)) == 0;
    }

    private static boolean kept(String baseType, Matcher declared, String text) {
        int length = Integer.parseInt(declared.group(2));
        return switch (baseType) {
            case "numeric" -> {
                int scale = declared.group(3) == null ? 0 : Integer.parseInt(declared.group(3));
                BigDecimal value = new BigDecimal(text);
                yield value.signum() == 0 || value.stripTrailingZeros().scale() <= scale;
            }
            case "varchar" -> text.codePointCount(0, text.length()) <= length;
            case "bpchar" -> text.codePointCount(0, text.length()) == length;
            case "timestamp", "timestamptz" ->
                length >= MICROS || fraction(text).substring(length).matches("0*");
            default -> true;
        };
    }

    /** The digits of a fraction of a second, in the form that {@link TimeText} gives. */
    private static String fraction(String text) {
        Matcher digits = FRACTION.matcher(text);
        return digits.find() ? digits.group(1) + "0".repeat(MICROS) : "0".repeat(MICROS);
    }
}
