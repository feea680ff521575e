package io.github.dualwrite.postgres;

import java.util.ArrayList;
import java.util.List;

/** The texts of the keys of a mapped table. */
final class TableKeys<K> implements KeyCodec<K> {

    private final TableMapping<K, ?> mapping;

    TableKeys(TableMapping<K, ?> mapping) {
        this.mapping = mapping;
    }

    @Override
    public String encode(K key) {
        return encode(key, mapping.keyParts(key));
    }

    /** The text of a key that the mapping has split into its parts. */
    String encode(K key, List<Object> parts) {
        if (mapping.byHand() && !key.equals(mapping.key(parts))) {
            throw mapping.irreversible();
        }
        if (parts.size() == 1) {
            return mapping.keyColumns().get(0).keyText(parts.get(0));
        }
        List<String> texts = new ArrayList<>(parts.size());
        for (int i = 0; i < parts.size(); i++) {
            texts.add(mapping.keyColumns().get(i).keyText(parts.get(i)));
        }
        return KeyText.join(texts);
    }

    @Override
    public K decode(String text) {
        List<String> texts = KeyText.split(text, mapping.keyColumns().size());
        List<Object> parts = new ArrayList<>(texts.size());
        for (int i = 0; i < texts.size(); i++) {
            parts.add(mapping.keyColumns().get(i).type().fromKeyText(texts.get(i)));
        }
        return mapping.key(parts);
    }
}
