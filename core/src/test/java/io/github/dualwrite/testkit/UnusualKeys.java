package io.github.dualwrite.testkit;

import java.util.List;

/** Keys that quoting, splitting and patterns stumble over. */
final class UnusualKeys {

    static final List<String> ALL = List.of(
            "it's",
            "\"quoted\"",
            "back\\slash",
            "pipe|pipe",
            "a/b/c",
            "a,b",
            "{\"id\":1}",
            "{a,b}",
            "100%_",
            "null",
            "NULL",
            "Case",
            "case",
            " blank before",
            "#:=?&",
            "$1",
            "line\nbreak",
            "ключ-鍵-🔑",
            "é",
            "x".repeat(200));

    private UnusualKeys() {}
}
