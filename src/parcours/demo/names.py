"""Where sample people live and what they are called: countries, cities, languages, Nordic and other names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["COUNTRIES", "Country"]


@dataclass(frozen=True, slots=True)
class Country:
    """One country of the sample: how many people out of a hundred, and what is usual there."""

    code: str
    share: float
    zone: str
    currency: str
    languages: tuple[tuple[str, float], ...]  # with shares; those in which the shop writes
    cities: tuple[tuple[str, float], ...]  # with their inhabitants, in thousands
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]


def _country(
    code: str, share: float, *, zone: str, currency: str, languages: str, cities: str, first: str, last: str
) -> Country:
    return Country(
        code, share, zone, currency, _weighted(languages), _weighted(cities),
        tuple(first.split()), tuple(last.split()),
    )  # fmt: skip


def _weighted(text: str) -> tuple[tuple[str, float], ...]:
    """Read `Name 12, Other Name 3`."""
    pairs = (item.strip().rsplit(" ", 1) for item in text.split(","))
    return tuple((name, float(weight)) for name, weight in pairs)


COUNTRIES: Final = (
    _country(
        "SE", 38, zone="Europe/Stockholm", currency="SEK", languages="sv 94, en 6",
        cities=(
            "Stockholm 990, Göteborg 600, Malmö 360, Uppsala 240, Västerås 130, Örebro 127, "
            "Linköping 117, Helsingborg 115, Norrköping 98, Jönköping 100, Umeå 92, Lund 94, Gävle 78, "
            "Sundsvall 59, Luleå 49, Kalmar 42, Visby 25, Kiruna 18"
        ),
        first=(
            "Anna Eva Maria Karin Sara Lena Emma Kerstin Malin Ida Elin Linnea Johanna Hanna Sofia Ebba "
            "Alva Maja Wilma Alice Saga Astrid Ingrid Frida Klara Moa Tove Annika Gunilla Ulrika Fatima "
            "Amina Lars Mikael Anders Johan Erik Per Karl Jan Daniel Fredrik Andreas Oskar Gustav Emil "
            "Viktor Axel Hugo Liam Nils Elias Arvid Sixten Olof Henrik Mattias Rickard Ali Omar Kjell "
            "Göran Björn Åke Sören"
        ),
        last=(
            "Andersson Johansson Karlsson Nilsson Eriksson Larsson Olsson Persson Svensson Gustafsson "
            "Pettersson Jonsson Jansson Hansson Bengtsson Jönsson Lindberg Jakobsson Magnusson "
            "Lindström Olofsson Lindqvist Lindgren Berg Axelsson Bergström Lundberg Lind Lundgren "
            "Mattsson Berglund Fredriksson Sandberg Henriksson Forsberg Sjöberg Wallin Ali Engström "
            "Danielsson Håkansson Eklund Lundin Gunnarsson Holm Bergqvist Fransson Samuelsson Björk "
            "Wikström Isaksson Nyström Söderberg Mohamed Hellström Öberg Åberg Dahl Nordin Ekström "
            "Sundberg Norberg Strand Blom"
        ),
    ),
    _country(
        "NO", 12, zone="Europe/Oslo", currency="NOK", languages="sv 15, en 85",
        cities=(
            "Oslo 700, Bergen 285, Trondheim 210, Stavanger 145, Drammen 100, Kristiansand 113, "
            "Tromsø 77, Bodø 53, Ålesund 67, Lillehammer 28"
        ),
        first=(
            "Nora Emma Sofie Ingrid Ella Olivia Maja Sara Leah Frida Kari Anne Marit Solveig Silje "
            "Astrid Hege Jakob Lucas Emil Oskar Oliver William Filip Magnus Henrik Lars Ole Bjørn Geir "
            "Torbjørn Knut Sindre Håkon Øyvind"
        ),
        last=(
            "Hansen Johansen Olsen Larsen Andersen Pedersen Nilsen Kristiansen Jensen Karlsen Johnsen "
            "Pettersen Eriksen Berg Haugen Hagen Johannessen Andreassen Jacobsen Halvorsen Dahl "
            "Jørgensen Henriksen Lund Sørensen Jakobsen Moen Gundersen Iversen Strand Solberg Svendsen "
            "Eide Bakken Nygård"
        ),
    ),
    _country(
        "DK", 9, zone="Europe/Copenhagen", currency="DKK", languages="sv 5, en 95",
        cities=(
            "København 660, Aarhus 290, Odense 182, Aalborg 120, Esbjerg 72, Randers 63, Kolding 62, "
            "Helsingør 48"
        ),
        first=(
            "Ida Emma Alma Ella Sofia Freja Josefine Clara Anna Karla Mette Kirsten Hanne Lone Camilla "
            "Louise Noah Oscar Carl Malthe William Emil Valdemar Aksel Lucas August Mads Søren Jens "
            "Rasmus Kasper Jørgen Troels"
        ),
        last=(
            "Nielsen Jensen Hansen Pedersen Andersen Christensen Larsen Sørensen Rasmussen Jørgensen "
            "Petersen Madsen Kristensen Olsen Thomsen Christiansen Poulsen Johansen Møller Mortensen "
            "Knudsen Lund Holm Jakobsen Østergaard Bjerregaard Kjær Vestergaard"
        ),
    ),
    _country(
        "FI", 9, zone="Europe/Helsinki", currency="EUR", languages="sv 22, en 78",
        cities=(
            "Helsinki 660, Espoo 300, Tampere 250, Vantaa 240, Oulu 210, Turku 195, Jyväskylä 145, "
            "Vaasa 68, Rovaniemi 64, Mariehamn 12"
        ),
        first=(
            "Aino Eevi Helmi Sofia Olivia Lilja Venla Ellen Anni Kaisa Päivi Tuula Riikka Satu Hanna "
            "Maria Leo Eino Elias Väinö Oliver Onni Toivo Mikko Jukka Timo Antti Juha Matti Ville Petri "
            "Heikki Pekka"
        ),
        last=(
            "Korhonen Virtanen Mäkinen Nieminen Mäkelä Hämäläinen Laine Heikkinen Koskinen Järvinen "
            "Lehtonen Lehtinen Saarinen Salminen Heinonen Niemi Heikkilä Kinnunen Salonen Turunen Salo "
            "Laitinen Tuominen Rantanen Karjalainen Jokinen Mattila Lindholm Nyman"
        ),
    ),
    _country(
        "FR", 12, zone="Europe/Paris", currency="EUR", languages="fr 96, en 4",
        cities=(
            "Paris 2100, Marseille 870, Lyon 520, Toulouse 500, Nice 340, Nantes 320, Montpellier 300, "
            "Strasbourg 290, Bordeaux 260, Lille 235, Rennes 220, Grenoble 158, Brest 140, Annecy 130"
        ),
        first=(
            "Marie Jeanne Camille Léa Manon Chloé Emma Inès Louise Alice Jade Sarah Julie Céline "
            "Nathalie Sylvie Élodie Aurélie Margaux Zoé Lina Jean Pierre Michel Louis Gabriel Raphaël "
            "Jules Hugo Lucas Arthur Léo Nicolas Julien Thomas Antoine Mathieu François Étienne Mehdi "
            "Karim Benoît"
        ),
        last=(
            "Martin Bernard Thomas Petit Robert Richard Durand Dubois Moreau Laurent Simon Michel "
            "Lefebvre Leroy Roux David Bertrand Morel Fournier Girard Bonnet Dupont Lambert Fontaine "
            "Rousseau Vincent Muller Lefèvre Faure André Mercier Blanc Guérin Boyer Garnier Chevalier "
            "François Legrand Gauthier Benali"
        ),
    ),
    _country(
        "BE", 3, zone="Europe/Brussels", currency="EUR", languages="fr 48, en 52",
        cities=(
            "Bruxelles 1200, Antwerpen 530, Gent 265, Charleroi 203, Liège 195, Brugge 118, Namur 112, "
            "Leuven 102"
        ),
        first=(
            "Olivia Emma Louise Mila Juliette Camille Nina Anna Noor Charlotte Liam Noah Arthur Louis "
            "Jules Adam Lucas Victor Mathis Thibault"
        ),
        last=(
            "Peeters Janssens Maes Jacobs Mertens Willems Claes Goossens Wouters Dupont Lambert Dubois "
            "Leclercq Simon Laurent Denis"
        ),
    ),
    _country(
        "DE", 8, zone="Europe/Berlin", currency="EUR", languages="en 100",
        cities=(
            "Berlin 3700, Hamburg 1850, München 1500, Köln 1080, Frankfurt 760, Stuttgart 630, "
            "Leipzig 600, Dresden 560, Bremen 567, Kiel 246, Lübeck 216, Rostock 209"
        ),
        first=(
            "Emilia Mia Sophia Emma Hannah Lina Mila Ella Clara Lea Anja Sabine Petra Katrin Julia Jana "
            "Noah Matteo Finn Elias Leon Theo Paul Emil Jonas Felix Stefan Andreas Jürgen Uwe Torsten"
        ),
        last=(
            "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch "
            "Bauer Richter Klein Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann "
            "Lange Weiß"
        ),
    ),
    _country(
        "NL", 4, zone="Europe/Amsterdam", currency="EUR", languages="en 100",
        cities=(
            "Amsterdam 920, Rotterdam 660, Den Haag 560, Utrecht 370, Eindhoven 243, Groningen 238, "
            "Haarlem 165"
        ),
        first=(
            "Emma Julia Mila Sophie Tess Sara Noor Yara Saar Fleur Lieke Noah Sem Liam Lucas Daan Finn "
            "Levi Luuk Bram Thijs Jeroen Pieter Willem"
        ),
        last=(
            "Jansen Bakker Visser Smit Meijer Mulder Bos Vos Peters Hendriks Dekker Brouwer Dijkstra "
            "Smits Kok Jacobs Vermeulen Schouten Willems Hoekstra"
        ),
    ),
    _country(
        "GB", 3, zone="Europe/London", currency="GBP", languages="en 100",
        cities=(
            "London 8900, Birmingham 1140, Glasgow 635, Manchester 550, Edinburgh 525, Bristol 470, "
            "Leeds 530, Cardiff 360, Inverness 47"
        ),
        first=(
            "Olivia Amelia Isla Ava Ivy Freya Lily Florence Mia Willow Grace Priya Oliver George Arthur "
            "Noah Muhammad Leo Oscar Harry Archie Jack Callum Rhys"
        ),
        last=(
            "Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Robinson Wright Thompson "
            "Evans Walker White Roberts Green Hall Wood Campbell Stewart Khan MacDonald"
        ),
    ),
    _country(
        "ES", 2, zone="Europe/Madrid", currency="EUR", languages="en 100",
        cities=(
            "Madrid 3300, Barcelona 1650, València 800, Sevilla 680, Zaragoza 670, Málaga 580, "
            "Bilbao 345"
        ),
        first=(
            "Lucía Sofía Martina María Julia Paula Valeria Alba Hugo Mateo Martín Lucas Leo Daniel "
            "Alejandro Pablo Álvaro Íñigo"
        ),
        last=(
            "García Rodríguez González Fernández López Martínez Sánchez Pérez Gómez Martín Jiménez Ruiz "
            "Hernández Díaz Muñoz Ibáñez"
        ),
    ),
)  # fmt: skip
