package io.github.dualwrite;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.routing.ReadRouteSource;
import io.github.dualwrite.spi.AppliedVersions;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.AuthorityWrites;
import io.github.dualwrite.spi.Baseline;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.JobStore;
import io.github.dualwrite.spi.ReconciliationQueue;
import io.github.dualwrite.spi.RecordScan;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The rules of the house that a compiler does not know. */
class ArchitectureTest {

    private static final String ROOT = "io.github.dualwrite";

    private static final JavaClasses CORE = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(ROOT);

    @Test
    void theSpiDependsOnNoOtherPackageOfOurs() {
        noClasses()
                .that()
                .resideInAPackage(ROOT + ".spi")
                .should()
                .dependOnClassesThat(DescribedPredicate.describe(
                        "are ours and outside the SPI",
                        (JavaClass c) -> c.getPackageName().startsWith(ROOT)
                                && !c.getPackageName().equals(ROOT + ".spi")))
                .check(CORE);
    }

    @Test
    void packagesFormNoCycles() {
        slices().assignedFrom(new SliceAssignment() {
                    @Override
                    public SliceIdentifier getIdentifierOf(JavaClass c) {
                        return c.getPackageName().startsWith(ROOT)
                                ? SliceIdentifier.of(c.getPackageName())
                                : SliceIdentifier.ignore();
                    }

                    @Override
                    public String getDescription() {
                        return "packages, the root included";
                    }
                })
                .should()
                .beFreeOfCycles()
                .check(CORE);
    }

    @Test
    void coreKnowsNoProduct() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "java.sql..", "javax.sql..", "software.amazon..", "org.postgresql..", "com.zaxxer..")
                .check(CORE);
    }

    @Test
    void nothingOutsideTheMetricsNeedsMicrometer() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + ".metrics")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.micrometer..", "io.github.resilience4j.micrometer..", ROOT + ".metrics")
                .check(CORE);
    }

    @Test
    void adaptersDoNotTouchTheInternals() {
        noClasses()
                .that()
                .resideInAPackage(ROOT + ".memory..")
                .should()
                .dependOnClassesThat(DescribedPredicate.describe(
                        "are ours, but neither the API nor the SPI",
                        (JavaClass c) -> c.getPackageName().startsWith(ROOT)
                                && !Set.of(ROOT, ROOT + ".spi", ROOT + ".memory")
                                        .contains(c.getPackageName())))
                .check(CORE);
    }

    /** A thread that waits in one holds up its carrier, if it is virtual, and everybody who wants in. */
    @Test
    void noSynchronizedMethodCallsAStoreOrWhatAnApplicationPlugsIn() {
        Set<Class<?>> slow = Set.of(
                AuthorityWrites.class,
                Authority.class,
                Follower.class,
                ReconciliationQueue.class,
                RecordScan.class,
                Baseline.class,
                AppliedVersions.class,
                JobStore.class,
                DualWriteListener.class,
                ReadRouteSource.class);
        noMethods()
                .that()
                .haveModifier(JavaModifier.SYNCHRONIZED)
                .should(new ArchCondition<>("call what may wait") {
                    @Override
                    public void check(JavaMethod method, ConditionEvents events) {
                        method.getCallsFromSelf().stream()
                                .filter(call -> slow.stream().anyMatch(call.getTargetOwner()::isAssignableTo))
                                .forEach(call ->
                                        events.add(SimpleConditionEvent.satisfied(call, call.getDescription())));
                    }
                })
                .check(CORE);
    }

    /** ArchUnit does not see these. Each was looked at: it changes fields, and calls nothing that may wait. */
    @Test
    void synchronizedBlocksAreFewAndKnown() throws IOException {
        Path sources = Path.of("src", "main", "java");
        try (Stream<Path> files = Files.walk(sources)) {
            assertThat(files.filter(Files::isRegularFile)
                            .filter(file -> read(file).contains("synchronized ("))
                            .map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder(
                            "Sending.java", "RunControl.java", "ContinuousVerification.java", "KnownEvents.java");
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
