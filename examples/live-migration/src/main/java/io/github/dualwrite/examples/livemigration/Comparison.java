package io.github.dualwrite.examples.livemigration;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Every key of both stores, compared field by field. All in memory, which is enough for an example.
 *
 * @param keys how many keys there are on either side
 * @param missing how many the secondary lacks
 * @param extra how many it has that the primary lacks
 * @param different how many differ in a field
 * @param samples the first few, with the names of the fields
 */
record Comparison(int keys, int missing, int extra, int different, List<String> samples) {

    private static final int SAMPLES = 10;

    static Comparison of(
            Map<String, Map<String, @Nullable String>> primary, Map<String, Map<String, @Nullable String>> secondary) {
        int missing = 0;
        int extra = 0;
        int different = 0;
        List<String> samples = new ArrayList<>();
        Set<String> keys = new TreeSet<>(primary.keySet());
        keys.addAll(secondary.keySet());
        for (String key : keys) {
            Map<String, @Nullable String> wanted = primary.get(key);
            Map<String, @Nullable String> found = secondary.get(key);
            String what = null;
            if (found == null) {
                missing++;
                what = "is missing";
            } else if (wanted == null) {
                extra++;
                what = "is extra";
            } else {
                Set<String> fields = differing(wanted, found);
                if (!fields.isEmpty()) {
                    different++;
                    what = "differs in " + String.join(", ", fields);
                }
            }
            if (what != null && samples.size() < SAMPLES) {
                samples.add(key + " " + what);
            }
        }
        return new Comparison(keys.size(), missing, extra, different, samples);
    }

    /** Whether both stores hold the same. */
    boolean equal() {
        return missing == 0 && extra == 0 && different == 0;
    }

    private static Set<String> differing(Map<String, @Nullable String> wanted, Map<String, @Nullable String> found) {
        Set<String> names = new HashSet<>(wanted.keySet());
        names.addAll(found.keySet());
        Set<String> differing = new TreeSet<>();
        for (String name : names) {
            if (!Objects.equals(wanted.get(name), found.get(name))) {
                differing.add(name);
            }
        }
        return differing;
    }
}
