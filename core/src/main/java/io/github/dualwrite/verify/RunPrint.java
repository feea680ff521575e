package io.github.dualwrite.verify;

import io.github.dualwrite.routing.RecordComparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What the digests of a run depend on, by names for people. A checkpoint is good only for a run with the same. Settings that only say how
 * fast, how long and how often are not in it.
 */
final class RunPrint {

    private RunPrint() {}

    static <K, V> Map<String, String> of(
            VerificationParts<K, V> parts,
            VerificationSettings<K, V> settings,
            RecordComparator<? super V> comparator,
            String authorityForm,
            String followerForm,
            String digests) {
        Map<String, String> print = new LinkedHashMap<>();
        String repository = parts.events().repository();
        print.put("repository", repository);
        print.put("authority", parts.authority().description());
        print.put("follower", parts.follower().description());
        print.put("table or schema of the authority", authorityForm);
        print.put("table or schema of the follower", followerForm);
        print.put("digests", digests);
        print.put("comparison", comparator.rules());
        boolean sampledByKey = settings.sample.all() || parts.routedBy().keyUnder(repository);
        print.put(
                "keys",
                settings.selection()
                        + (sampledByKey
                                ? ""
                                : ", sampled by " + parts.routedBy().text()));
        print.put("buckets", String.valueOf(settings.buckets));
        print.put("keys in memory", String.valueOf(settings.keysInMemory));
        print.put("forms", settings.formNames());
        return print;
    }

    /** What is not the same, in words; empty if all is. The texts may hold keys, so they are not shown, but for the repository. */
    static Optional<String> difference(Map<String, String> saved, Map<String, String> now) {
        if (!Objects.equals(saved.get("repository"), now.get("repository"))) {
            return Optional.of("it is of repository '" + saved.get("repository") + "'");
        }
        return now.keySet().stream()
                .filter(name -> !Objects.equals(saved.get(name), now.get(name)))
                .findFirst()
                .map(name -> name + " changed since it was saved");
    }
}
