package io.github.dualwrite.examples.benchmarks;

import io.github.dualwrite.examples.benchmarks.harness.Document;
import io.github.dualwrite.examples.benchmarks.harness.GrowthCharts;
import io.github.dualwrite.examples.benchmarks.harness.Profile;
import io.github.dualwrite.examples.benchmarks.harness.Results;
import io.github.dualwrite.examples.benchmarks.harness.Run;
import io.github.dualwrite.examples.benchmarks.harness.Tables;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Runs benchmarks; see {@link #USAGE}. */
public final class Benchmarks {

    private static final String USAGE = """
            arguments: [smoke|quick|full] [publish] [NAME...]
              without a name all benchmarks run; the default profile is quick (full for publish)
              publish runs nothing: it puts the results of the profile's last whole run into docs/performance.md
            """;

    private static final Path TARGET = Path.of("target", "benchmarks");
    private static final Path DOCS = Path.of("..", "..", "docs");

    private Benchmarks() {}

    /** Runs them. Exit code 1 if something could not be measured, 2 if an argument is not known; a goal that is missed is neither. */
    public static void main(String[] args) throws Exception {
        @Nullable Profile profile = null;
        boolean publish = false;
        List<Suite.Entry> entries = new ArrayList<>();
        for (String arg : args) {
            String word = arg.toLowerCase(Locale.ROOT);
            switch (word) {
                case "smoke", "quick", "full" -> profile = Profile.valueOf(word.toUpperCase(Locale.ROOT));
                case "publish" -> publish = true;
                case "all" -> entries.clear();
                default ->
                    entries.add(Suite.named(word).orElseGet(() -> {
                        System.err.println("unknown argument '" + word + "'\n" + USAGE);
                        Suite.ALL.forEach(each -> System.err.printf("  %-14s %s%n", each.name(), each.question()));
                        System.exit(2);
                        throw new IllegalStateException();
                    }));
            }
        }
        if (publish) {
            Path document = publish(profile == null ? Profile.FULL : profile, TARGET, DOCS);
            System.out.println("wrote " + document.toAbsolutePath().normalize());
        } else {
            Results results = run(profile == null ? Profile.QUICK : profile, entries, TARGET);
            System.out.println(Tables.text(results));
            System.exit(results.failures().isEmpty() ? 0 : 1); // the servers' threads do not end by themselves
        }
    }

    /** Runs the given ones, or all if none is given, and leaves JSON, Markdown and pictures in the directory. */
    static Results run(Profile profile, List<Suite.Entry> chosen, Path directory) throws InterruptedException {
        System.setProperty("dualwrite.postgres.durable", "true");
        List<Suite.Entry> entries = chosen.isEmpty() ? Suite.ALL : chosen;
        List<String> names = chosen.stream().map(Suite.Entry::name).toList();
        String words = String.join(" ", names);
        String name = names.isEmpty() ? profile.word() : profile.word() + "-" + String.join("-", names);
        Run run = new Run(profile, command((profile.word() + " " + words).strip()), directory.resolve(name + ".json"));
        for (Suite.Entry entry : entries) {
            run.benchmark(entry.name(), entry.body());
        }
        run.finish();
        run.benchmark("report", self -> {
            GrowthCharts.write(self.results(), directory);
            Files.writeString(directory.resolve(name + ".md"), Tables.markdown(self.results()));
        });
        return run.results();
    }

    /** Puts a whole run into the documents. One that was ended before its end, or in which something failed, is refused. */
    static Path publish(Profile profile, Path target, Path docs) throws IOException {
        Path file = target.resolve(profile.word() + ".json");
        Results results = Run.read(file);
        if (results.finished() == null || !results.failures().isEmpty()) {
            throw new IllegalStateException(file + " is no whole run: "
                    + (results.finished() == null ? "it was ended before its end" : "failed " + results.failures())
                    + "; run the profile '" + profile.word() + "' again");
        }
        Path document = docs.resolve("performance.md");
        StringBuilder markdown = new StringBuilder(Tables.markdown(results));
        for (String picture : GrowthCharts.write(results, docs.resolve("images"))) {
            markdown.append(String.format("%n![%s](images/%s)%n", picture.replace(".svg", ""), picture));
        }
        Document.replace(document, markdown.toString());
        return document;
    }

    private static String command(String args) {
        return "mvn -B -ntp -q -pl examples/benchmarks -am process-test-classes -Pbenchmarks -Dargs=\"" + args + "\"";
    }
}
