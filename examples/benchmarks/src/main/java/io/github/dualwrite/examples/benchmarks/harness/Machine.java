package io.github.dualwrite.examples.benchmarks.harness;

import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** Where and with what it was measured. */
final class Machine {

    private Machine() {}

    static Map<String, String> describe() {
        Map<String, String> machine = new LinkedHashMap<>();
        machine.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        machine.put("arch", System.getProperty("os.arch"));
        machine.put("cpu", firstLine(Path.of("/proc/cpuinfo"), "model name"));
        machine.put("processors", Integer.toString(Runtime.getRuntime().availableProcessors()));
        machine.put("memory", firstLine(Path.of("/proc/meminfo"), "MemTotal"));
        machine.put("java", System.getProperty("java.vm.name") + " " + Runtime.version());
        machine.put("heap MiB", Long.toString(Runtime.getRuntime().maxMemory() >> 20));
        machine.put("load before", load());
        return machine;
    }

    /** Processes that wanted to run, mean of a minute: on a quiet machine well below the number of processors. */
    static String load() {
        double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        return load < 0 ? "unknown" : String.format(Locale.ROOT, "%.2f", load);
    }

    static Map<String, String> versions() {
        Properties versions = new Properties();
        try (InputStream in = Machine.class.getResourceAsStream("/versions.properties")) {
            if (in != null) {
                versions.load(in);
            }
        } catch (IOException e) {
            versions.setProperty("unreadable", e.toString());
        }
        Map<String, String> sorted = new TreeMap<>();
        versions.stringPropertyNames().forEach(name -> sorted.put(name, versions.getProperty(name)));
        return sorted;
    }

    /** The commit that is checked out, with a mark if files differ from it; "unknown" outside of a repository. */
    static String commit() {
        try {
            Process process = new ProcessBuilder("git", "describe", "--always", "--abbrev=12", "--dirty", "--exclude=*")
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String commit = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0 ? commit : "unknown";
        } catch (IOException e) {
            return "unknown";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "unknown";
        }
    }

    private static String firstLine(Path file, String name) {
        try {
            return Files.readAllLines(file).stream()
                    .filter(line -> line.startsWith(name))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }
}
