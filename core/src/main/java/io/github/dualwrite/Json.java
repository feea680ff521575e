package io.github.dualwrite;

import java.util.Objects;

/**
 * A JSON document as text, for components of a record that adapters store as a document. Immutable.
 *
 * <p>The text is neither parsed nor checked here; a store that knows JSON rejects what is none. Two documents are equal if
 * their texts are, character by character: a store that normalises documents, as PostgreSQL does with {@code jsonb}, gives
 * back an equivalent document that need not be equal to the one that was written.
 *
 * <p>{@link #toString()} shows the length, never the document.
 *
 * @param text the document
 */
public record Json(String text) {

    /** Refuses {@code null}; the JSON document {@code null} is the text {@code "null"}. */
    public Json {
        Objects.requireNonNull(text, "text");
    }

    @Override
    public String toString() {
        return "Json of " + text.length() + " characters";
    }
}
