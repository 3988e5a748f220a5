<#
.SYNOPSIS
Looks into the disk attached at a LUN and prints what it found as one line of JSON. Decides nothing.

.DESCRIPTION
Windows PowerShell 5.1, as SYSTEM, on a repair VM. The disk is left as found: hive and BCD are read from copies, letters
given for the time needed are taken back, a disk that was offline is offline again. The document is GuestFacts of
bootmend/models/guest.py. Exit code 1, and no document, if the disk could not be looked into.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory = $true)]
    [ValidateRange(0, 63)]
    [int] $Lun
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

$Version = 1
$WaitSeconds = 60
$LineLimit = 4000
$PlainLimit = 2000
$HiveName = 'BOOTMENDHIVE'
$StoreName = 'BOOTMENDBCD'

# include attached_disk.ps1
# include volumes.ps1
# include hive_copies.ps1
# include boot_store.ps1
# include system_hive.ps1
# include document.ps1

function Invoke-Native {
    param([string] $Name, [string[]] $Arguments)
    $start = New-Object System.Diagnostics.ProcessStartInfo
    $start.FileName = Join-Path $env:SystemRoot "System32\$Name"
    $start.Arguments = $Arguments -join ' '
    $start.UseShellExecute = $false
    $start.CreateNoWindow = $true
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    $process = [System.Diagnostics.Process]::Start($start)
    # Read, and dropped: a pipe that nobody empties would stop the command.
    [void] $process.StandardOutput.ReadToEndAsync()
    [void] $process.StandardError.ReadToEndAsync()
    if (-not $process.WaitForExit(120000)) {
        $process.Kill()
        return -1
    }
    return $process.ExitCode
}

function Get-DiskFact {
    param($Disk)
    $style = ([string] $Disk.PartitionStyle).ToUpperInvariant()
    if ($style -ne 'MBR' -and $style -ne 'GPT') {
        $style = 'RAW'
    }
    return [ordered] @{
        number = [int] $Disk.Number
        online = -not $Disk.IsOffline
        read_only = [bool] $Disk.IsReadOnly
        offline_reason = Get-OfflineReason $Disk
        style = $style
        identity = Get-Identity $Disk
        size_mb = [long] [math]::Floor($Disk.Size / 1MB)
    }
}

function Get-WindowsFact {
    param($Volume)
    $letter = $script:Letters[[string] $Volume.partition]
    if (-not $letter) {
        return
    }
    $folders = @(Get-ChildItem -LiteralPath "${letter}:\" -Directory -Force -ErrorAction SilentlyContinue |
        Where-Object { Test-Path -LiteralPath (Join-Path $_.FullName 'System32\config') })
    foreach ($folder in $folders) {
        $build = ''
        $kernel = Join-Path $folder.FullName 'System32\ntoskrnl.exe'
        if (Test-Path -LiteralPath $kernel) {
            $info = (Get-Item -LiteralPath $kernel -Force).VersionInfo
            $build = '{0}.{1}.{2}.{3}' -f $info.FileMajorPart, $info.FileMinorPart, $info.FileBuildPart, $info.FilePrivatePart
        }
        [ordered] @{
            partition = $Volume.partition
            folder = '\' + $folder.Name
            build = $build
            hive = Get-HiveFact (Join-Path $folder.FullName 'System32\config\SYSTEM')
            pending_servicing = Test-Path -LiteralPath (Join-Path $folder.FullName 'WinSxS\pending.xml')
        }
    }
}

function Get-DumpFact {
    param($Volume)
    $letter = $script:Letters[[string] $Volume.partition]
    if (-not $letter) {
        return
    }
    foreach ($path in "${letter}:\Windows\MEMORY.DMP", "${letter}:\MEMORY.DMP") {
        if (-not (Test-Path -LiteralPath $path -PathType Leaf)) {
            continue
        }
        $file = Get-Item -LiteralPath $path -Force
        $bytes = New-Object byte[] 0x1000
        $stream = New-Object System.IO.FileStream($path, 'Open', 'Read', 'ReadWrite')
        $count = $stream.Read($bytes, 0, $bytes.Length)
        $stream.Close()
        $head = ''
        $detail = ''
        if ($count -eq $bytes.Length) {
            $head = [System.Convert]::ToBase64String($bytes, 0, 0x60)
            $detail = [System.Convert]::ToBase64String($bytes, 0xF98, 0x20)
        }
        [ordered] @{
            partition = $Volume.partition
            path = $path
            size_bytes = $file.Length
            created_at = $file.CreationTimeUtc.ToString('yyyy-MM-ddTHH:mm:ssZ')
            written_at = $file.LastWriteTimeUtc.ToString('yyyy-MM-ddTHH:mm:ssZ')
            head = $head
            detail = $detail
        }
    }
}

function Read-Disk {
    # Fills the facts of a disk that is online.
    param($Disk, $Facts)
    Wait-Letter $Disk.Number
    $script:Partitions = @(Get-Partition -DiskNumber $Disk.Number)
    if ($script:Style -eq 'MBR') {
        $script:Signature = [System.BitConverter]::ToString([System.BitConverter]::GetBytes([uint32] $Disk.Signature))
    }
    $Facts.volumes = @($script:Partitions | ForEach-Object { Get-VolumeFact $_ })
    $given = @($Facts.volumes | ForEach-Object { $_.letter } | Where-Object { $_ })
    $Facts.own_letters = @(Get-UsedLetter | Where-Object { $given -notcontains $_ })
    foreach ($volume in $Facts.volumes) {
        $script:Letters[[string] $volume.partition] = Open-Volume $volume
    }
    $Facts.boot_store = Get-BootStoreFact $Facts.volumes
    $Facts.windows = @($Facts.volumes | ForEach-Object { Get-WindowsFact $_ })
    $Facts.dumps = @($Facts.volumes | ForEach-Object { Get-DumpFact $_ })
}

$script:Work = Join-Path $env:SystemRoot ('Temp\bootmend-' + [guid]::NewGuid().ToString('N'))
$script:Mounted = @()
$script:Loaded = @()
$script:Letters = @{}
$script:Partitions = @()
$script:Style = ''
$script:Signature = ''
$facts = [ordered] @{
    version = $Version
    lun = $Lun
    disk = $null
    volumes = @()
    boot_store = $null
    windows = @()
    brokensystem_loaded = Test-Path -LiteralPath 'HKLM:\BROKENSYSTEM'
    dumps = @()
    own_letters = @(Get-UsedLetter)
}
$broughtOnline = $null
$failure = ''
try {
    New-Item -ItemType Directory -Path $script:Work | Out-Null
    $disk = Find-Disk $Lun
    if ($null -ne $disk) {
        $facts.disk = Get-DiskFact $disk
        $script:Style = $facts.disk.style
        # Onlining a disk that collides rewrites its identity, and the VM would no longer boot from it.
        if ($script:Style -ne 'RAW' -and $facts.disk.offline_reason -ne 'Collision') {
            if ($disk.IsOffline) {
                Set-Disk -Number $disk.Number -IsOffline $false
                $broughtOnline = $disk.Number
            }
            Read-Disk $disk $facts
        }
    }
}
catch {
    $failure = "inspect.ps1: $($_.Exception.Message) (line $($_.InvocationInfo.ScriptLineNumber))"
}
finally {
    foreach ($name in @($script:Loaded)) {
        Close-Hive $name
    }
    foreach ($letter in $script:Mounted) {
        Invoke-Native 'mountvol.exe' @("${letter}:", '/D') | Out-Null
    }
    if ($null -ne $broughtOnline) {
        Set-Disk -Number $broughtOnline -IsOffline $true
    }
    Remove-Item -LiteralPath $script:Work -Recurse -Force -ErrorAction SilentlyContinue
}
if ($failure -eq '') {
    $line = Get-Document 'facts' $facts
    if ($line.Length -le $LineLimit) {
        Write-Output $line
        exit 0
    }
    $failure = "inspect.ps1: the facts need $($line.Length) characters, more than a run command returns"
}
[Console]::Error.WriteLine($failure)
exit 1
