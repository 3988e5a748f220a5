# Part of the guest scripts; bootmend/guest/commands.py puts it where `# include volumes.ps1` stands.
# Partitions of the disk with their volumes, letters and encryption.

$BasicTypes = @('{ebd0a0a2-b9e5-4433-87c0-68b6b72699c7}', '7')
$Efi = '{c12a7328-f81f-11d2-ba4b-00a0c93ec93b}'
$Reserved = '{e3c9e316-0b5c-4db8-817d-f92df00215ae}'
$Recovery = '{de94bba4-06d1-4d40-a16a-bfd50179d6ac}'

function Get-PartitionType {
    param($Partition)
    if ($Partition.GptType) {
        return ([string] $Partition.GptType).ToLowerInvariant()
    }
    return [string] $Partition.MbrType
}

function Wait-Letter {
    param([int] $Number)
    $deadline = (Get-Date).AddSeconds($WaitSeconds)
    while ((Get-Date) -lt $deadline) {
        $waiting = @(Get-Partition -DiskNumber $Number -ErrorAction SilentlyContinue |
            Where-Object { $BasicTypes -contains (Get-PartitionType $_) -and -not [int] [char] $_.DriveLetter })
        if ($waiting.Count -eq 0) {
            return
        }
        Start-Sleep -Seconds 3
        Update-HostStorageCache
    }
}

function Get-Role {
    param($Partition)
    $type = Get-PartitionType $Partition
    if ($type -eq $Efi) {
        return 'efi'
    }
    if ($type -eq $Reserved) {
        return 'reserved'
    }
    if ($type -eq $Recovery) {
        return 'recovery'
    }
    if ($Partition.IsActive) {
        return 'active'
    }
    return 'basic'
}

function Get-BitLocker {
    param([string] $VolumePath, [string] $FileSystem)
    try {
        $found = @(Get-CimInstance -Namespace 'root/CIMV2/Security/MicrosoftVolumeEncryption' `
                -ClassName Win32_EncryptableVolume | Where-Object { $_.DeviceID -eq $VolumePath })
    }
    catch {
        # Without the BitLocker feature the class is missing; a locked volume then shows no file system.
        $found = @()
    }
    if ($found.Count -eq 0) {
        if ($FileSystem -eq '') {
            return 'unknown'
        }
        return 'off'
    }
    switch ([int] $found[0].ProtectionStatus) {
        1 {
            return 'on'
        }
        2 {
            return 'locked'
        }
    }
    $conversion = Invoke-CimMethod -InputObject $found[0] -MethodName GetConversionStatus
    if ([int] $conversion.ConversionStatus -eq 0) {
        return 'off'
    }
    return 'suspended'
}

function Get-VolumeFact {
    param($Partition)
    $role = Get-Role $Partition
    $path = @($Partition.AccessPaths | Where-Object { $_ -like '\\?\Volume{*' }) | Select-Object -First 1
    $fact = [ordered] @{
        partition = [int] $Partition.PartitionNumber
        id = $null
        role = $role
        letter = $null
        file_system = ''
        size_mb = [long] [math]::Floor($Partition.Size / 1MB)
        free_mb = 0
        bitlocker = 'off'
    }
    if (-not $path) {
        return $fact
    }
    $fact.id = $path.Substring(11, 36).ToLowerInvariant()
    $volume = @(Get-CimInstance -ClassName Win32_Volume | Where-Object { $_.DeviceID -eq $path }) | Select-Object -First 1
    if ($volume) {
        if ($volume.DriveLetter) {
            $fact.letter = $volume.DriveLetter.Substring(0, 1).ToUpperInvariant()
        }
        $fact.file_system = [string] $volume.FileSystem
        $fact.free_mb = [long] [math]::Floor([double] $volume.FreeSpace / 1MB)
    }
    if ($role -ne 'reserved' -and $role -ne 'recovery') {
        $fact.bitlocker = Get-BitLocker $path $fact.file_system
    }
    return $fact
}

function Get-UsedLetter {
    return @([System.IO.DriveInfo]::GetDrives() | ForEach-Object { $_.Name.Substring(0, 1).ToUpperInvariant() })
}

function Open-Volume {
    # The letter to look through: its own, or one that is given now and taken back at the end.
    param($Fact)
    if ($Fact.letter) {
        return $Fact.letter
    }
    if (-not $Fact.id -or $Fact.role -eq 'reserved' -or $Fact.role -eq 'recovery') {
        return $null
    }
    $used = Get-UsedLetter
    foreach ($letter in 'ZYXWVUTSRQPONMLKJIHGFE'.ToCharArray()) {
        if ($used -notcontains [string] $letter) {
            if ((Invoke-Native 'mountvol.exe' @("${letter}:", "\\?\Volume{$($Fact.id)}\")) -eq 0) {
                $script:Mounted += [string] $letter
                return [string] $letter
            }
            return $null
        }
    }
    return $null
}
