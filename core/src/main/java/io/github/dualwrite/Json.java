package io.github.dualwrite;

import io.github.dualwrite.spi.Normalized;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A JSON document as text, for components of a record that adapters store as a document. Immutable.
 *
 * <p>The text is not checked here; a store that knows JSON rejects what is none. Two documents are equal if they say the same, however they
 * are written: white space, the order of members, escapes and exponents do not count, the scale of numbers ({@code 1.0} and {@code 1.00}) and members
 * of the same name do. So a store that normalises documents, as PostgreSQL does with {@code jsonb}, gives back one that is equal. Texts
 * that are no JSON, or nested deeper than 500 times, are equal character by character.
 *
 * <p>{@link #toString()} shows the length, never the document.
 *
 * @param text the document
 */
public record Json(String text) implements Normalized {

    /** Refuses {@code null}; the JSON document {@code null} is the text {@code "null"}. */
    public Json {
        Objects.requireNonNull(text, "text");
    }

    /** The document without white space, with members in the order of their names. */
    @Override
    public String normalForm() {
        return JsonForm.of(text);
    }

    /** Whether an object in it has two members of one name, of which stores that normalise documents keep one. */
    public boolean repeatsNames() {
        return JsonForm.repeatsNames(text);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Json json
                && (text.equals(json.text) || normalForm().equals(json.normalForm()));
    }

    @Override
    public int hashCode() {
        return normalForm().hashCode();
    }

    @Override
    public String toString() {
        return "Json of " + text.length() + " characters";
    }
}
