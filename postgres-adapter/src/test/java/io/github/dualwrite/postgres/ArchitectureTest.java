package io.github.dualwrite.postgres;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import org.junit.jupiter.api.Test;

/** An adapter sees the root package and the SPI; a source of read routes also what it is a source of. */
class ArchitectureTest {

    private static final String ROOT = "io.github.dualwrite";
    private static final String SPI = "io.github.dualwrite.spi";
    private static final String OWN = "io.github.dualwrite.postgres";

    private final JavaClasses adapter = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(OWN);

    private static DescribedPredicate<JavaClass> oursBut(String... packages) {
        return DescribedPredicate.describe(
                "are ours, but not in " + List.of(packages),
                (JavaClass c) -> c.getPackageName().startsWith("io.github.dualwrite")
                        && !List.of(packages).contains(c.getPackageName()));
    }

    @Test
    void storesSeeOnlyTheApiAndTheSpi() {
        noClasses()
                .that()
                .haveSimpleNameNotContaining("ReadRoute")
                .should()
                .dependOnClassesThat(oursBut(ROOT, SPI, OWN))
                .check(adapter);
    }

    @Test
    void aSourceOfReadRoutesSeesTheRoutesToo() {
        noClasses()
                .should()
                .dependOnClassesThat(oursBut(ROOT, SPI, OWN, "io.github.dualwrite.routing"))
                .check(adapter);
    }

    /** That would hold up virtual threads, and everybody who wants in. */
    @Test
    void nothingIsSynchronizedBesideSomeNumbers() {
        noMethods()
                .that()
                .areDeclaredInClassesThat()
                .doNotHaveSimpleName("SequenceLead") // compares numbers that were read before
                .should()
                .haveModifier(JavaModifier.SYNCHRONIZED)
                .check(adapter);
    }
}
